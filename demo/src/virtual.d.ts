/** Which definitions lie beside the page; see `build/definitions.ts`. */
declare module 'virtual:definitions' {
  const manifest: {
    /** Names the content: another content has another version. */
    readonly version: string
    /** Definitions in all. */
    readonly total: number
    /** Definitions in a file; the last one may hold fewer. */
    readonly batchSize: number
  }
  export default manifest
}
