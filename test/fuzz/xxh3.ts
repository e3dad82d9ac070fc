/**
 * XXH3-64 for inputs of 9 bytes and more, after the specification of xxHash
 * (https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md). Slow and plain: it re-seals chunks for the fuzzer, and
 * checks the core's seals by a second hand.
 */

const MASK = (1n << 64n) - 1n
const P32 = [0x9e3779b1n, 0x85ebca77n, 0xc2b2ae3dn] as const
const P64 = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
] as const

const SECRET = Uint8Array.from(
  Buffer.from(
    'b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671fcb79e64eccc0e578825ad07dccff7221' +
      'b8084674f743248ee03590e6813a264c3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8' +
      'a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364eac5ac8334d3ebc3c581a0fffa1363eb' +
      '170ddd51b7f0da49d316552629d4689e2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e',
    'hex',
  ),
)

const STRIPE = 64
const STRIPES_IN_BLOCK = (SECRET.length - STRIPE) / 8

/** @throws RangeError for inputs of less than 9 bytes */
export function xxh3(input: Uint8Array, seed = 0n): bigint {
  if (input.length < 9) throw new RangeError('xxh3 here takes 9 bytes and more.')
  if (input.length <= 16) return shortest(input, seed)
  if (input.length <= 128) return short(input, seed)
  if (input.length <= 240) return middle(input, seed)
  return long(input, seed)
}

function shortest(input: Uint8Array, seed: bigint): bigint {
  const low = u64(input, 0) ^ wrap((u64(SECRET, 24) ^ u64(SECRET, 32)) + seed)
  const high = u64(input, input.length - 8) ^ wrap((u64(SECRET, 40) ^ u64(SECRET, 48)) - seed)
  return avalanche(BigInt(input.length) + swapBytes(low) + high + fold(low, high))
}

function short(input: Uint8Array, seed: bigint): bigint {
  let sum = BigInt(input.length) * P64[0]
  for (let i = Math.ceil(input.length / 32) - 1; i >= 0; i--) {
    sum += mix(input, 16 * i, 32 * i, seed)
    sum += mix(input, input.length - 16 * (i + 1), 32 * i + 16, seed)
  }
  return avalanche(sum)
}

function middle(input: Uint8Array, seed: bigint): bigint {
  let sum = BigInt(input.length) * P64[0]
  for (let i = 0; i < 8; i++) sum += mix(input, 16 * i, 16 * i, seed)
  sum = avalanche(sum)
  for (let i = 8; i < input.length >> 4; i++) sum += mix(input, 16 * i, 16 * (i - 8) + 3, seed)
  return avalanche(sum + mix(input, input.length - 16, 119, seed))
}

function long(input: Uint8Array, seed: bigint): bigint {
  const secret = seeded(seed)
  const lanes = [P32[2], P64[0], P64[1], P64[2], P64[3], P32[1], P64[4], P32[0]]
  const last = input.length - 1
  for (let stripe = 0; stripe * STRIPE + STRIPE <= last; stripe++) {
    const inBlock = stripe % STRIPES_IN_BLOCK
    accumulate(lanes, input, stripe * STRIPE, secret, 8 * inBlock)
    if (inBlock === STRIPES_IN_BLOCK - 1) scramble(lanes, secret)
  }
  accumulate(lanes, input, input.length - STRIPE, secret, secret.length - STRIPE - 7)
  let sum = BigInt(input.length) * P64[0]
  for (let i = 0; i < 8; i += 2) {
    const at = 11 + 8 * i
    sum += fold(lanes[i]! ^ u64(secret, at), lanes[i + 1]! ^ u64(secret, at + 8))
  }
  return avalanche(sum)
}

function accumulate(
  lanes: bigint[],
  input: Uint8Array,
  at: number,
  secret: Uint8Array,
  secretAt: number,
): void {
  for (let i = 0; i < 8; i++) {
    const value = u64(input, at + 8 * i)
    const keyed = value ^ u64(secret, secretAt + 8 * i)
    lanes[i ^ 1] = wrap(lanes[i ^ 1]! + value)
    lanes[i] = wrap(lanes[i]! + (keyed & 0xffffffffn) * (keyed >> 32n))
  }
}

function scramble(lanes: bigint[], secret: Uint8Array): void {
  for (const [i, lane] of lanes.entries()) {
    const mixed = lane ^ (lane >> 47n) ^ u64(secret, secret.length - STRIPE + 8 * i)
    lanes[i] = wrap(mixed * P32[0])
  }
}

function seeded(seed: bigint): Uint8Array {
  const secret = new Uint8Array(SECRET.length)
  const view = new DataView(secret.buffer)
  for (let at = 0; at < secret.length; at += 16) {
    view.setBigUint64(at, wrap(u64(SECRET, at) + seed), true)
    view.setBigUint64(at + 8, wrap(u64(SECRET, at + 8) - seed), true)
  }
  return secret
}

function mix(input: Uint8Array, at: number, secretAt: number, seed: bigint): bigint {
  const low = u64(input, at) ^ wrap(u64(SECRET, secretAt) + seed)
  const high = u64(input, at + 8) ^ wrap(u64(SECRET, secretAt + 8) - seed)
  return fold(low, high)
}

function avalanche(value: bigint): bigint {
  let hash = wrap(value)
  hash = wrap((hash ^ (hash >> 37n)) * 0x165667919e3779f9n)
  return hash ^ (hash >> 32n)
}

function fold(a: bigint, b: bigint): bigint {
  const product = a * b
  return (product & MASK) ^ (product >> 64n)
}

function wrap(value: bigint): bigint {
  return BigInt.asUintN(64, value)
}

function u64(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(at, true)
}

function swapBytes(value: bigint): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, value, true)
  return view.getBigUint64(0, false)
}
