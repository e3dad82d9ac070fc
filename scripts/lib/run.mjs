// Running other programs: quietly, keeping what they print for the day they fail.

import { spawn } from 'node:child_process'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { inRepository, root } from './root.mjs'

/** A person must do something that the scripts cannot; the message is one line that says what. */
export class Stop extends Error {}

/** A program that ended badly, with everything it printed. */
export class CommandFailed extends Error {
  /**
   * @param {string} message
   * @param {string} output
   */
  constructor(message, output) {
    super(message)
    this.output = output
  }
}

// Tools installed by these scripts come first; rustup's are found even where its installer's
// change to PATH has not reached this shell.
process.env['PATH'] = [
  inRepository('.cache', 'cargo', 'bin'),
  inRepository('node_modules', '.bin'),
  process.env['PATH'],
  join(process.env['CARGO_HOME'] ?? join(homedir(), '.cargo'), 'bin'),
].join(delimiter)

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string | undefined>} [env] added to this process's environment
 * @property {string} [cwd] default: the repository
 * @property {(line: string) => void} [onLine] called with every line as it comes, without colours
 */

/**
 * @param {string} program found on PATH
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} what it printed to standard output
 * @throws {CommandFailed} when it cannot start or ends with anything but 0
 */
export function run(program, args, { env = {}, cwd = root, onLine } = {}) {
  return new Promise((resolve, reject) => {
    const called = [program, ...args].join(' ')
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    let output = ''
    /** @param {string} text */
    const collect = (text) => {
      output += text
      const line = stripVTControlCharacters(text).trimEnd().split('\n').at(-1)?.trim()
      if (line) onLine?.(line)
    }
    child.stdout.setEncoding('utf8').on('data', (text) => {
      printed += text
      collect(text)
    })
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => {
      reject(new CommandFailed(`${program} did not start: ${error.message}`, output))
    })
    child.on('close', (code, signal) => {
      if (code === 0) resolve(printed)
      else reject(new CommandFailed(`${called} ended with ${code ?? signal}`, output))
    })
  })
}

/**
 * @param {string} program
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string | undefined>} what it printed; undefined when it is missing or failed
 */
export async function tryRun(program, args, options) {
  try {
    return await run(program, args, options)
  } catch (error) {
    if (error instanceof CommandFailed) return undefined
    throw error
  }
}
