/** Runs browser tests in a browser that is started with an address and left alone: Vitest's page does the rest. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineBrowserProvider } from '@vitest/browser'
import type { BrowserProvider } from 'vitest/node'
import { engines } from '../../scripts/setup/engines.mjs'

class StartedBrowser implements BrowserProvider {
  readonly name: keyof typeof engines
  readonly supportsParallelism = false
  #process: ChildProcess | undefined
  #profile: string | undefined

  constructor(name: keyof typeof engines) {
    this.name = name
  }

  getCommandsContext(): Record<string, unknown> {
    return {}
  }

  async openPage(_sessionId: string, url: string): Promise<void> {
    await this.close()
    const { find, start } = engines[this.name]
    const found = find()
    if (found === undefined) throw new Error(`There is no ${this.name} here: run test:torture.`)
    this.#profile = await mkdtemp(join(tmpdir(), `quiver-${this.name}-`))
    const [program, ...args] = start(found, this.#profile, url)
    // A group of its own: it ends with all that it has started.
    this.#process = spawn(program, args, { stdio: 'ignore', detached: true })
  }

  async close(): Promise<void> {
    const child = this.#process
    this.#process = undefined
    if (child?.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      process.kill(-child.pid, 'SIGKILL')
      await once(child, 'exit')
    }
    if (this.#profile === undefined) return
    await rm(this.#profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
  }
}

export function startedBrowser(name: keyof typeof engines) {
  return defineBrowserProvider({
    name,
    supportedBrowser: [name],
    providerFactory: () => new StartedBrowser(name),
  })
}
