/**
 * The same, with copies of vectors that lie in shared memory: that can be posted to a worker, but to no other tab. What holds
 * none is answered as it is.
 */
export function unshared<T>(value: T): T {
  // Elsewhere there is no shared memory that could be posted at all.
  if (!globalThis.crossOriginIsolated || !holdsShared(value, new Set())) return value
  return copyOf(value, new Map()) as T
}

/** `seen`: an object may hold itself. */
function holdsShared(value: unknown, seen: Set<object>): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (value instanceof Float32Array) return isShared(value)
  if (seen.has(value)) return false
  seen.add(value)
  return childrenOf(value).some((each) => holdsShared(each, seen))
}

function copyOf(value: unknown, known: Map<object, unknown>): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Float32Array) return isShared(value) ? value.slice() : value
  // One that holds itself is stored nowhere: it is sent as it is, to be refused.
  if (known.has(value)) return known.get(value)
  known.set(value, value)
  let copy: object = value
  if (Array.isArray(value)) copy = value.map((each: unknown) => copyOf(each, known))
  else if (isPlain(value)) {
    const entries = Object.entries(value).map(([key, each]) => [key, copyOf(each, known)])
    copy = Object.fromEntries(entries) as object
  }
  known.set(value, copy)
  return copy
}

function childrenOf(value: object): unknown[] {
  if (Array.isArray(value)) return value
  return isPlain(value) ? Object.values(value) : []
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

function isShared({ buffer }: Float32Array): boolean {
  return buffer instanceof SharedArrayBuffer
}
