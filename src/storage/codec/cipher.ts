/**
 * Encryption at rest: chunks, manifests and the payloads of operations in the log, each by AES-256 in GCM (NIST SP
 * 800-38D), stored as
 *
 * ```
 * u8 × 12   nonce, random: good for 2^32 values under one key
 * u8 × n    what was encrypted
 * u8 × 16   tag
 * ```
 *
 * The store and the place in it are authenticated too, so that a value moved elsewhere does not open. What is left to be
 * read without the key: names of databases, sequence numbers, lengths, and how collections, by number, are cut into chunks.
 */
import type { EncryptionOptions } from '../../contract/api.ts'
import { QuiverError } from '../../contract/errors.ts'

export interface Cipher {
  /** @param place where the bytes will be stored */
  seal(bytes: Uint8Array, place: string): Promise<Uint8Array>
  /** `undefined` for anything but what was sealed for that place. */
  open(bytes: Uint8Array, place: string): Promise<Uint8Array | undefined>
}

/** Where nothing is encrypted. */
export const plain: Cipher = {
  seal: async (bytes) => bytes,
  open: async (bytes) => bytes,
}

/** What the header says of the key. */
export interface EncryptionHeader {
  /** `none`: the key was given itself. */
  readonly kdf: 'none' | 'PBKDF2-SHA-256'
  /** Hexadecimal. */
  readonly salt: string
  readonly iterations: number
  /** Nothing, sealed, in hexadecimal: the right key opens it. */
  readonly check: string
}

/** As OWASP advises for PBKDF2 with SHA-256 (Password Storage Cheat Sheet, 2023). */
const ITERATIONS = 600_000

const NONCE_BYTES = 12
const CHECK = 'check'

const encoder = new TextEncoder()

/** For a new store. @throws QuiverError `INVALID_OPTION`, `UNSUPPORTED` */
export async function newEncryption(
  { key }: EncryptionOptions,
  storeUUID: string,
): Promise<EncryptionHeader> {
  const kdf = typeof key === 'string' ? 'PBKDF2-SHA-256' : 'none'
  const salt = toHex(crypto.getRandomValues(new Uint8Array(16)))
  const header = { kdf, salt, iterations: ITERATIONS } as const
  const cipher = new AesCipher(await keyOf(key, header), storeUUID)
  return { ...header, check: toHex(await cipher.seal(new Uint8Array(0), CHECK)) }
}

/**
 * The cipher of a store that is there.
 * @throws QuiverError `WRONG_KEY`, `OPTIONS_MISMATCH` (a key for what is not encrypted), `INVALID_OPTION`, `UNSUPPORTED`
 */
export async function cipherOf(
  name: string,
  header: { readonly storeUUID: string; readonly encryption?: EncryptionHeader | undefined },
  options: EncryptionOptions | undefined,
): Promise<Cipher> {
  const { encryption, storeUUID } = header
  if (!encryption) {
    if (!options) return plain
    throw new QuiverError(
      'OPTIONS_MISMATCH',
      `The database "${name}" is not encrypted. To encrypt it, export it and import it with \`encryption\`.`,
    )
  }
  if (!options) {
    throw wrongKey(`The database "${name}" is encrypted: open it with \`encryption\`.`)
  }
  const kdf = typeof options.key === 'string' ? 'PBKDF2-SHA-256' : 'none'
  const cipher = new AesCipher(await keyOf(options.key, encryption), storeUUID)
  const opened = kdf === encryption.kdf && (await cipher.open(fromHex(encryption.check), CHECK))
  if (opened) return cipher
  throw wrongKey(
    `The database "${name}" was encrypted with another ${encryption.kdf === 'none' ? 'key' : 'passphrase'}. Nothing of it was changed.`,
  )
}

class AesCipher implements Cipher {
  readonly #key: CryptoKey
  readonly #storeUUID: string

  constructor(key: CryptoKey, storeUUID: string) {
    this.#key = key
    this.#storeUUID = storeUUID
  }

  async seal(bytes: Uint8Array, place: string): Promise<Uint8Array> {
    const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES))
    const parameters = this.#parameters(nonce, place)
    const encrypted = await crypto.subtle.encrypt(parameters, this.#key, bytes as BufferSource)
    const sealed = new Uint8Array(NONCE_BYTES + encrypted.byteLength)
    sealed.set(nonce)
    sealed.set(new Uint8Array(encrypted), NONCE_BYTES)
    return sealed
  }

  async open(bytes: Uint8Array, place: string): Promise<Uint8Array | undefined> {
    const parameters = this.#parameters(bytes.slice(0, NONCE_BYTES), place)
    const encrypted = bytes.slice(NONCE_BYTES)
    try {
      return new Uint8Array(await crypto.subtle.decrypt(parameters, this.#key, encrypted))
    } catch {
      // WebCrypto says no more than that it failed, by design.
      return undefined
    }
  }

  #parameters(iv: Uint8Array<ArrayBuffer>, place: string): AesGcmParams {
    return { name: 'AES-GCM', iv, additionalData: encoder.encode(`${this.#storeUUID} ${place}`) }
  }
}

async function keyOf(
  key: EncryptionOptions['key'],
  { salt, iterations }: Pick<EncryptionHeader, 'salt' | 'iterations'>,
): Promise<CryptoKey> {
  // Not there on pages that are not served securely, whatever the types say.
  const subtle = crypto.subtle as SubtleCrypto | undefined
  if (!subtle) {
    throw new QuiverError(
      'UNSUPPORTED',
      'Encryption needs WebCrypto, which browsers give to pages served by HTTPS or from localhost.',
    )
  }
  if (typeof key !== 'string') return usable(key)
  if (key === '') throw new QuiverError('INVALID_OPTION', 'The passphrase is empty.')
  // One passphrase, however the keyboard composes its letters.
  const typed = encoder.encode(key.normalize('NFKC'))
  const material = await subtle.importKey('raw', typed, 'PBKDF2', false, ['deriveKey'])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt: fromHex(salt), iterations }
  const derived = { name: 'AES-GCM', length: 256 }
  return subtle.deriveKey(derivation, material, derived, false, ['encrypt', 'decrypt'])
}

function usable(key: unknown): CryptoKey {
  if (
    key instanceof CryptoKey &&
    key.algorithm.name === 'AES-GCM' &&
    ['encrypt', 'decrypt'].every((usage) => key.usages.includes(usage as KeyUsage))
  ) {
    return key
  }
  throw new QuiverError(
    'INVALID_OPTION',
    'encryption.key is a passphrase, or an AES-GCM CryptoKey that may encrypt and decrypt.',
  )
}

function wrongKey(message: string): QuiverError {
  return new QuiverError('WRONG_KEY', message)
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

function fromHex(digits: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(digits.match(/../g) ?? [], (pair) => parseInt(pair, 16))
}
