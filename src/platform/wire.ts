import { transfer, transferHandlers } from 'comlink'
import type { CallOptions } from '../contract/api.ts'
import { QuiverError, textOf, throwIfAborted, toQuiverError } from '../contract/errors.ts'
import type { CallMessage, PostedError } from '../contract/protocol.ts'

/**
 * Makes errors cross Comlink as `QuiverError` with their code; by itself it keeps name and message alone. Both sides
 * call this once.
 */
export function installErrorTransfer(): void {
  const original = transferHandlers.get('throw')
  if (!original) return
  transferHandlers.set('throw', {
    canHandle: (value): value is unknown => original.canHandle(value),
    serialize: (thrown: unknown) => [postError((thrown as { value: unknown }).value), []],
    deserialize: (posted: unknown): never => {
      throw receivedError(posted as PostedError)
    },
  })
}

export function receivedError({ code, message, cause }: PostedError): QuiverError {
  return new QuiverError(code, message, cause === undefined ? undefined : { cause })
}

export function postError(thrown: unknown): PostedError {
  const { code, message, cause } = toQuiverError(thrown)
  return { code, message, cause: cause === undefined ? undefined : describeCause(cause) }
}

/** An error may be its own cause. */
const MAX_CAUSES = 8

function describeCause(cause: unknown, depth = 1): string {
  if (!(cause instanceof Error)) return textOf(cause)
  const own = `${cause.name}: ${cause.message}`
  if (cause.cause === undefined || depth === MAX_CAUSES) return own
  return `${own} (${describeCause(cause.cause, depth + 1)})`
}

/**
 * Calls the other side with a port that carries the signal there and progress back; without either there is no port.
 * @throws QuiverError `ABORTED` at once when the signal already is
 */
export async function callWith<T>(
  { signal, onProgress }: CallOptions,
  call: (port: MessagePort | undefined) => Promise<T>,
): Promise<T> {
  throwIfAborted(signal)
  if (!signal && !onProgress) return call(undefined)
  const { port1, port2 } = new MessageChannel()
  const abort = (): void => {
    port1.postMessage({ type: 'abort' } satisfies CallMessage)
  }
  const told = new Promise<void>((resolve) => {
    port1.onmessage = ({ data }: MessageEvent<CallMessage>) => {
      if (data.type === 'progress') onProgress?.(data.progress)
      else if (data.type === 'end') resolve()
    }
  })
  signal?.addEventListener('abort', abort)
  try {
    const result = await call(transfer(port2, [port2]))
    // The answer comes through another port, and in WebKit it may overtake the last progress.
    await told
    return result
  } finally {
    signal?.removeEventListener('abort', abort)
    port1.close()
  }
}

/** The other end of `callWith`: runs `call` with a signal and a progress function that speak through `port`. */
export async function answerWith<T>(
  port: MessagePort | undefined,
  call: (options: CallOptions) => Promise<T>,
): Promise<T> {
  if (!port) return call({})
  const controller = new AbortController()
  port.onmessage = ({ data }: MessageEvent<CallMessage>) => {
    if (data.type === 'abort') controller.abort()
  }
  try {
    return await call({
      signal: controller.signal,
      onProgress: (progress) => {
        port.postMessage({ type: 'progress', progress } satisfies CallMessage)
      },
    })
  } finally {
    port.postMessage({ type: 'end' } satisfies CallMessage)
    port.close()
  }
}
