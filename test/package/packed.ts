import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { inRepository, root } from '../../scripts/lib/root.mjs'

export const exec = promisify(execFile)

export interface PackedPackage {
  /** A folder of a person's own, with the packed package in its `node_modules`. */
  readonly folder: string
  /** The package in there. */
  readonly installed: string
  /** The tarball it was unpacked from. */
  readonly tarball: string
  remove(): Promise<void>
}

/** Pack what npm would carry, and install it into an empty folder. */
export async function installPacked(): Promise<PackedPackage> {
  if (!existsSync(inRepository('dist', 'index.js'))) {
    throw new Error('dist/ is missing: run npm run build first')
  }
  const folder = await mkdtemp(join(tmpdir(), 'quiverdb-'))
  const packed = await exec('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root })
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }]
  const tarball = join(folder, filename)

  await exec('tar', ['-xzf', tarball, '-C', folder])
  const installed = join(folder, 'node_modules', 'quiverdb')
  await mkdir(join(folder, 'node_modules'))
  await rename(join(folder, 'package'), installed)
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }\n')
  return {
    folder,
    installed,
    tarball,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
