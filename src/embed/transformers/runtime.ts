/**
 * Imports what only Node has and only Node needs. The specifier stays a variable, so that bundlers neither look for it
 * (an optional peer may be missing) nor put a second transformers.js into the page beside the worker's.
 */
export async function importAtRuntime<T>(specifier: string): Promise<T> {
  return (await import(/* webpackIgnore: true */ /* @vite-ignore */ specifier)) as T
}
