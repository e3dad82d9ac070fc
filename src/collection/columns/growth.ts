interface Growable<A> {
  readonly length: number
  set(from: A): void
}

const LEAST_ROOM = 16

/** `array` where it has room for `length` values, else a copy at least twice as long, so that appending costs no more than its values. */
export function withRoom<A extends Growable<A>>(
  array: A,
  length: number,
  create: (length: number) => A,
): A {
  if (length <= array.length) return array
  const grown = create(Math.max(length, 2 * array.length, LEAST_ROOM))
  grown.set(array)
  return grown
}
