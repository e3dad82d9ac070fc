// As you type: a question waits until the fingers rest, and a newer one drops it.

import { QuiverError } from 'quiverdb'
import type { Answer, Dictionary, Question } from './dictionary.ts'

/** Fast enough to feel immediate, slow enough not to search for every letter of a word. */
const restMs = 70

export interface Asking {
  /** Asks when no other question comes within a moment. */
  soon(question: Question): void
  /** Asks at once. */
  now(question: Question): void
  /** Drops the question that is waiting or under way. */
  drop(): void
  /** Whether a question is waiting or under way. */
  readonly busy: boolean
}

export function createAsking(
  dictionary: Promise<Dictionary>,
  onAnswer: (question: Question, answer: Answer) => void,
  onProblem: (error: unknown) => void,
): Asking {
  let waiting: ReturnType<typeof setTimeout> | undefined
  let current: AbortController | undefined

  async function ask(question: Question, controller: AbortController) {
    const { signal } = controller
    try {
      const answer = await (await dictionary).ask(question, signal)
      if (!signal.aborted) onAnswer(question, answer)
    } catch (error) {
      const dropped = error instanceof QuiverError && error.code === 'ABORTED'
      if (!dropped && !signal.aborted) onProblem(error)
    } finally {
      if (current === controller) current = undefined
    }
  }

  const drop = () => {
    clearTimeout(waiting)
    waiting = undefined
    current?.abort()
    current = undefined
  }
  const now = (question: Question) => {
    drop()
    current = new AbortController()
    void ask(question, current)
  }
  const soon = (question: Question) => {
    drop()
    waiting = setTimeout(now, restMs, question)
  }
  return {
    soon,
    now,
    drop,
    get busy() {
      return waiting !== undefined || current !== undefined
    },
  }
}
