import { QuiverError } from '../contract/errors.ts'

/**
 * The bytes of a file that lies beside the code, wherever that is: fetched in browsers and workers, read in Node when
 * it is a `file:` URL. Node's module is asked for at run time and never imported, so that no bundler meets it.
 * @throws QuiverError `NOT_FOUND` when there is no such file or the server does not answer
 */
export async function readAsset(url: URL | string): Promise<Uint8Array> {
  const address = String(url)
  try {
    return isNode() && address.startsWith('file:')
      ? await readFile(address)
      : await download(address)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const advice = 'Check that the file is served there and that the page may fetch it.'
    throw new QuiverError('NOT_FOUND', `${address} could not be read (${reason}). ${advice}`, {
      cause,
    })
  }
}

function isNode(): boolean {
  return typeof process === 'object' && typeof process.getBuiltinModule === 'function'
}

function readFile(address: string): Promise<Uint8Array> {
  return process.getBuiltinModule('node:fs').promises.readFile(new URL(address))
}

async function download(address: string): Promise<Uint8Array> {
  const response = await fetch(address)
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  return new Uint8Array(await response.arrayBuffer())
}
