import type * as NodePath from 'node:path'
import type * as NodeUrl from 'node:url'
import { QuiverError } from '../../contract/errors.ts'
import type { ModelSettings, TransformersOptions, WasmPaths } from './options.ts'
import { importAtRuntime } from './runtime.ts'

type Places = Pick<ModelSettings, 'folder' | 'wasmPaths'>

/**
 * Where a page's models and wasm are, as absolute as a worker needs them: its own URL is not the page's.
 * @throws QuiverError `INVALID_OPTION` when what should be local lies on another origin
 */
export function placesOnPage({ local, wasmPaths }: TransformersOptions): Places {
  const wasm = wasmPaths === undefined ? undefined : absolute(wasmPaths)
  if (local === undefined) return { folder: undefined, wasmPaths: wasm }
  const folder = new URL(withSlash(String(local)), location.href)
  requireSameOrigin('local', folder)
  for (const url of typeof wasm === 'string' ? [wasm] : Object.values(wasm ?? {})) {
    requireSameOrigin('wasmPaths', new URL(url))
  }
  // A path: transformers.js takes an address with a scheme for a remote one.
  return { folder: folder.pathname, wasmPaths: wasm }
}

/** @throws QuiverError `INVALID_OPTION` for an address that is no folder */
export async function placesInNode({ local }: TransformersOptions): Promise<Places> {
  if (local === undefined) return { folder: undefined, wasmPaths: undefined }
  const url = await importAtRuntime<typeof NodeUrl>('node:url')
  const path = await importAtRuntime<typeof NodePath>('node:path')
  if (/^https?:/.test(String(local))) {
    throw new QuiverError(
      'INVALID_OPTION',
      `transformers(): in Node, local is a folder, not ${String(local)}.`,
    )
  }
  const isFileUrl = local instanceof URL || local.startsWith('file:')
  return {
    folder: withSlash(path.resolve(isFileUrl ? url.fileURLToPath(local) : local)),
    wasmPaths: undefined,
  }
}

function absolute(paths: WasmPaths): NonNullable<Places['wasmPaths']> {
  const href = (path: string | URL) => new URL(path, location.href).href
  if (typeof paths === 'string' || paths instanceof URL) return withSlash(href(paths))
  const wasm = href(paths.wasm)
  return paths.mjs === undefined ? { wasm } : { wasm, mjs: href(paths.mjs) }
}

function requireSameOrigin(option: string, url: URL): void {
  if (url.origin === location.origin) return
  throw new QuiverError(
    'INVALID_OPTION',
    `transformers(): with local, nothing may be asked of another origin, but ${option} is ${url.href}. ` +
      `Give a path on ${location.origin}.`,
  )
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`
}
