import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type BrowserContext, chromium } from 'playwright-core'
import { chromiumFlags, findChromium } from '../../../scripts/setup/chromium.mjs'

/** A browser with a profile of its own, which outlives its process: what it stored is there when it is started again. */
export class Chromium {
  readonly #profile: string
  #process: ChildProcess | undefined

  private constructor(profile: string) {
    this.#profile = profile
  }

  static async create(): Promise<Chromium> {
    return new Chromium(await mkdtemp(join(tmpdir(), 'quiver-profile-')))
  }

  /** Another browser, with a copy of all that this one has stored. This one must not be running. */
  async copy(): Promise<Chromium> {
    const copy = await Chromium.create()
    await cp(this.#profile, copy.#profile, { recursive: true })
    return copy
  }

  /** The files in which IndexedDB is stored. */
  async indexedDbFiles(): Promise<string[]> {
    const entries = await readdir(this.#profile, { recursive: true, withFileTypes: true })
    return entries
      .filter((entry) => entry.isFile() && entry.parentPath.includes('IndexedDB'))
      .map((entry) => join(entry.parentPath, entry.name))
  }

  /** The folder that holds all the browser keeps. */
  get profile(): string {
    return this.#profile
  }

  /** Starts the browser; pages opened in the context it answers share the profile. */
  async start(): Promise<BrowserContext> {
    const path = await findChromium()
    if (path === undefined) throw new Error('There is no Chromium here: run npm test.')
    const flags = [
      ...chromiumFlags,
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${this.#profile}`,
    ]
    const child = spawn(path, [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] })
    this.#process = child
    const browser = await chromium.connectOverCDP(await debuggingAddress(child))
    const [context] = browser.contexts()
    if (context === undefined) throw new Error('Chromium came up without a context.')
    return context
  }

  /** Kills the browser's process as a crash would; nothing gets to say goodbye. */
  async kill(): Promise<void> {
    const child = this.#process
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
    // The locks of a process that is no more; Chromium would ask whether to break them.
    const files = await readdir(this.#profile)
    const locks = files.filter((file) => file.startsWith('Singleton'))
    await Promise.all(locks.map((lock) => rm(join(this.#profile, lock), { force: true })))
  }

  /** Ends the browser and throws its profile away. */
  async remove(): Promise<void> {
    await this.kill()
    // Its child processes notice a moment later and may still be writing.
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

async function debuggingAddress(child: ChildProcess): Promise<string> {
  if (child.stderr === null) throw new Error('Chromium was started without its error output.')
  const output: string[] = []
  for await (const line of createInterface(child.stderr)) {
    output.push(line)
    const address = /DevTools listening on (\S+)/.exec(line)?.[1]
    if (address === undefined) continue
    child.stderr.resume()
    return address
  }
  throw new Error(`Chromium did not start:\n${output.join('\n')}`)
}
