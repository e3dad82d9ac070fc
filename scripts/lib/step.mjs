// What a person sees: a line for every step with the time it took, a sign of life while it works,
// and the output of programs only when one fails.

import { CommandFailed, Stop } from './run.mjs'

const live = process.stdout.isTTY
/** Where lines cannot be redrawn, a step that takes long says so this often. */
const reminderMs = 20_000

/** @param {number} ms */
const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`

/**
 * Run one step and show it.
 *
 * @param {string} title
 * @param {(note: (text: string) => void) => Promise<string | void>} work `note` shows what is being
 *   waited for; the returned text, if any, is shown beside the finished step
 */
export async function step(title, work) {
  const start = performance.now()
  let waitingFor = ''
  const show = () => {
    const line = [`… ${title}`, seconds(performance.now() - start), waitingFor].filter(Boolean)
    if (live)
      process.stdout.write(`\r\x1b[K${line.join(' · ').slice(0, process.stdout.columns - 1)}`)
    else console.log(line.join(' · '))
  }
  const timer = live ? setInterval(show, 200) : setInterval(show, reminderMs)
  /** @param {string} mark @param {string | void} [result] */
  const finish = (mark, result) => {
    clearInterval(timer)
    if (live) process.stdout.write('\r\x1b[K')
    console.log(
      [`${mark} ${title}`, result, seconds(performance.now() - start)].filter(Boolean).join(' · '),
    )
  }
  try {
    const result = await work((text) => {
      waitingFor = text
    })
    finish('✓', result)
  } catch (error) {
    finish('✗')
    throw error
  }
}

/**
 * The body of a command: what goes wrong ends in one clear line, after the output that explains it.
 *
 * @param {() => Promise<void>} body
 */
export async function command(body) {
  try {
    await body()
  } catch (error) {
    if (error instanceof CommandFailed)
      console.error(`\n${error.output.trimEnd()}\n\n${error.message}`)
    else if (error instanceof Stop) console.error(`\n${error.message}`)
    else console.error(error)
    process.exitCode = 1
  }
}
