import { existsSync } from 'node:fs'
import { run, tryRun } from '../lib/run.mjs'

/** Whether packages can be installed with apt here, without asking anybody. */
export const canInstallDebianPackages =
  existsSync('/etc/debian_version') && process.getuid?.() === 0

/**
 * Install those of the packages that are missing.
 *
 * @param {readonly string[]} packages
 * @param {(note: string) => void} note
 */
export async function installDebianPackages(packages, note) {
  const missing = []
  for (const name of packages) {
    const status = await tryRun('dpkg-query', ['-W', '-f=${db:Status-Status}', name])
    if (status !== 'installed') missing.push(name)
  }
  if (missing.length === 0) return
  note('apt-get update')
  await run('apt-get', ['update', '-q'], { onLine: note })
  note(`apt-get install ${missing.join(' ')}`)
  await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    onLine: note,
  })
}
