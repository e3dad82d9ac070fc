import { join } from 'node:path'
import { Linter } from 'eslint'
import { expect, test } from 'vitest'
import { mayImport, oneWayImports } from '../../scripts/lint/one-way-imports.mjs'
import { root } from '../../scripts/lib/root.mjs'

const linter = new Linter({ configType: 'flat', cwd: root })

/** What lint says about a file with this one statement in it. */
function lint(file: string, statement: string): string[] {
  const messages = linter.verify(
    statement,
    { plugins: { house: { rules: { oneWayImports } } }, rules: { 'house/oneWayImports': 'error' } },
    { filename: join(root, file) },
  )
  return messages.map(({ message }) => message)
}

const refused = [
  ['src/client/open.js', `import { Host } from '../worker/host.js'`],
  ['src/client/open.js', `import { search } from '../collection/search.js'`],
  ['src/engine/wasm/flat.js', `import { Storage } from '../../storage/index.js'`],
  ['src/storage/idb/log.js', `export { Index } from '../../engine/index.js'`],
  ['src/embed/static/index.js', `export * from '../../engine/index.js'`],
  ['src/engine/index.js', `const embed = await import('../embed/index.js')`],
  ['src/collection/write.js', `import { host } from '../worker/host.js'`],
  ['src/contract/api.js', `import { nextTask } from '../platform/task.js'`],
  ['src/platform/task.js', `import { search } from '../collection/search.js'`],
  ['src/client/open.js', `import { open } from '../index.js'`],
  ['src/newcomer/index.js', `import { QuiverError } from '../contract/errors.js'`],
  ['demo/src/main.js', `import { open } from '../../src/index.js'`],
] as const

test.for(refused)('%s: %s is refused', ([file, statement]) => {
  expect(lint(file, statement)).toHaveLength(1)
})

const accepted = [
  ['src/client/open.js', `import { QuiverError } from '../contract/errors.js'`],
  ['src/worker/host.js', `import { search } from '../collection/search.js'`],
  ['src/collection/search.js', `import { flat } from '../engine/flat.js'`],
  ['src/engine/wasm/flat.js', `import core from '../../../rust-wasm/pkg/simd128/core.js'`],
  ['src/engine/wasm/flat.js', `import { Slices } from '../../platform/task.js'`],
  ['src/engine/wasm/flat.js', `import { load } from './load.js'`],
  ['src/client/open.js', `import { wrap } from 'comlink'`],
  ['src/index.js', `export { open } from './client/open.js'`],
  ['demo/src/main.js', `import { open } from 'quiverdb'`],
  ['demo/src/main.js', `import { view } from './view.js'`],
  ['test/unit/plan.test.js', `import { plan } from '../../src/collection/plan.js'`],
] as const

test.for(accepted)('%s: %s is accepted', ([file, statement]) => {
  expect(lint(file, statement)).toEqual([])
})

test('engine, storage and embed never see each other, and no room sees one above it', () => {
  const parts = ['engine', 'storage', 'embed']
  for (const part of parts) {
    for (const other of [...parts, 'collection', 'worker', 'client']) {
      expect(mayImport[part], part).not.toContain(other)
    }
  }
  expect(mayImport['contract']).toEqual([])
  expect(mayImport['client']).not.toContain('worker')
})
