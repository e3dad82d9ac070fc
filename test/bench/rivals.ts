import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { cpus } from 'node:os'
import { join } from 'node:path'
import type { HierarchicalNSW } from 'hnswlib-node'
import { inRepository } from '../../scripts/lib/root.mjs'
import { run } from '../../scripts/lib/run.mjs'
import { onlyWhenChanged } from '../../scripts/lib/stamp.mjs'
import { step } from '../../scripts/lib/step.mjs'
import { inNode, type NodeContender } from './contenders/names.ts'

const folder = '.cache/bench/rivals'

/** A path inside the folder where rivals and data sets from npm are installed. */
export const inRivals = (...parts: string[]): string => inRepository(folder, ...parts)

/** Installs what `package.json` beside this file says, and compiles hnswlib twice: as npm does, and for this very CPU. */
export async function installRivals(): Promise<void> {
  await step('Rivals', (note) =>
    onlyWhenChanged(
      'bench-rivals',
      {
        inputs: ['test/bench/package.json', 'test/bench/package-lock.json'],
        outputs: inNode.map((name) => `${folder}/node_modules/${name}/build/Release/addon.node`),
        extra: cpus()[0]?.model,
      },
      async () => {
        await mkdir(inRivals(), { recursive: true })
        for (const file of ['package.json', 'package-lock.json']) {
          await copyFile(inRepository('test', 'bench', file), inRivals(file))
        }
        const options = { cwd: inRivals(), onLine: note, env: nodeHeaders() }
        await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], options)
        // Said aloud: `npm run` hands the repository's own ignore-scripts down, and npm would compile nothing and succeed.
        const rebuild = ['rebuild', '--ignore-scripts=false']
        await run('npm', [...rebuild, 'hnswlib-node'], options)
        await run('npm', [...rebuild, 'hnswlib-node-this-cpu'], {
          ...options,
          env: { ...options.env, CXXFLAGS: '-march=native' },
        })
      },
    ),
  )
}

/** Where Node brought its headers along, node-gyp needs not download them. */
function nodeHeaders(): Record<string, string> {
  const prefix = join(process.execPath, '..', '..')
  return existsSync(join(prefix, 'include', 'node', 'node.h')) ? { npm_config_nodedir: prefix } : {}
}

/** @returns the class of either build */
export function loadHnswlibNode(name: NodeContender): typeof HierarchicalNSW {
  const require = createRequire(inRivals('package.json'))
  const library = require(name) as { HierarchicalNSW: typeof HierarchicalNSW }
  return library.HierarchicalNSW
}
