/** Changing JSON so that it stays JSON: what a decoder believes about the shape of it is only reached so. */

/** A whole number from 0 to below `end`. */
export type Below = (end: number) => number

const VALUES = [null, true, 0, -1, 0.5, 7, 2 ** 31, 2 ** 53, 1e300, '', 'x', [], {}, [null], [[]]]

/** The text with one value in it replaced or taken out; as it was where it is no JSON. */
export function changeJson(text: string, below: Below): string {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return text
  }
  const holder = { root }
  const places = placesIn(holder)
  const { container, key } = places[below(places.length)]!
  if (below(4) === 0 && container !== holder) {
    Reflect.deleteProperty(container, key)
  } else {
    Reflect.set(container, key, VALUES[below(VALUES.length)])
  }
  return JSON.stringify(holder.root)
}

interface Place {
  readonly container: object
  readonly key: string
}

function placesIn(container: object): Place[] {
  return Object.entries(container).flatMap(([key, value]: [string, unknown]) => [
    { container, key },
    ...(typeof value === 'object' && value !== null ? placesIn(value) : []),
  ])
}
