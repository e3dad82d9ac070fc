/** Contenders that run in the browser, each in a worker of its own, and those that run in Node. */
export const inBrowser = [
  'quiver-relaxed',
  'quiver-simd128',
  'quiver-collection',
  'hnswlib-wasm',
  'edgevec',
] as const
export const inNode = ['hnswlib-node', 'hnswlib-node-this-cpu'] as const

export type BrowserContender = (typeof inBrowser)[number]
export type NodeContender = (typeof inNode)[number]
export type ContenderName = BrowserContender | NodeContender

export const rivals: readonly ContenderName[] = ['hnswlib-wasm', 'edgevec', ...inNode]
