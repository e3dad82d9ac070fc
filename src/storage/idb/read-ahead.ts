/** Results of `load`, in the order of `items`, with up to `depth` of them under way at a time. */
export async function* readAhead<T, R>(
  items: Iterable<T>,
  depth: number,
  load: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const underWay: Promise<R>[] = []
  for (const item of items) {
    const result = load(item)
    // Whoever stops early leaves results behind; their failures concern nobody.
    result.catch(() => undefined)
    underWay.push(result)
    if (underWay.length === depth) yield underWay.shift() as Promise<R>
  }
  // Not `yield*`: in WebKit 2.50 that never ends where one of them rejects.
  for (const result of underWay) yield result
}
