// Question and answer: what is typed or chosen becomes a question, the address keeps it, and the
// answer is shown. One question is current at any time.

import { readQuestion, writeQuestion } from './address.ts'
import { createAsking } from './asking.ts'
import type { Answer, Dictionary, Question } from './dictionary.ts'
import { find } from './dom.ts'
import { createResultsView } from './views/results.ts'
import { createSearchForm } from './views/search-form.ts'

/** How often the words on show follow the definitions that come in. */
const refreshMs = 2_000

export interface Conversation {
  /** More definitions can be found: the answer on show is brought up to date, not too often until it is complete. */
  follow(state: 'indexing' | 'complete'): void
}

export function startConversation(
  dictionary: Promise<Dictionary>,
  onAnswer: (answer: Answer) => void,
  onProblem: (error: unknown) => void,
): Conversation {
  const suggestions = find('#suggestions', HTMLElement)
  let question = readQuestion()
  let answered: Question | undefined
  let askedAt = 0

  const results = createResultsView({
    onLike({ id }) {
      ask({ ...question, like: id, k: 10 }, 'visit')
    },
    onMore() {
      ask({ ...question, k: question.k + 10 }, 'amend')
    },
    onLeave() {
      form.focus()
    },
    onForgetSeed: forgetSeed,
  })
  const form = createSearchForm({
    onType() {
      ask(typed(), 'type')
    },
    onSubmit() {
      ask(typed(), 'amend')
    },
    onEnterResults: results.enter,
    onEscape() {
      if (question.like === undefined) ask({ ...question, meaning: '' }, 'amend')
      else forgetSeed()
    },
  })
  const asking = createAsking(
    dictionary,
    (asked, answer) => {
      results.show(asked, answer, asked === answered ? 'refresh' : 'answer')
      answered = asked
      onAnswer(answer)
    },
    onProblem,
  )

  function typed(): Question {
    const { meaning, partOfSpeech } = form
    return { meaning, partOfSpeech, like: undefined, k: 10 }
  }

  function forgetSeed() {
    ask({ ...question, like: undefined, k: 10 }, 'visit')
  }

  /** `type`: a letter more or less; `visit`: a new page to go back from; `return`: the address says so already. */
  function ask(next: Question, how: 'type' | 'amend' | 'visit' | 'return') {
    question = next
    askedAt = performance.now()
    if (how !== 'type') form.fill(next.meaning, next.partOfSpeech)
    if (how !== 'return') writeQuestion(next, how === 'visit' ? 'visit' : 'amend')
    const empty = next.meaning.trim() === '' && next.like === undefined
    suggestions.hidden = !empty
    if (empty) {
      asking.drop()
      results.clear()
    } else if (how === 'type') asking.soon(next)
    else asking.now(next)
  }

  addEventListener('popstate', () => {
    ask(readQuestion(), 'return')
  })
  ask(question, 'return')
  // Where there is no mouse, the focus would bring up a keyboard over half of the page.
  if (matchMedia('(hover: hover)').matches) form.focus()

  return {
    follow(state) {
      const due = state === 'complete' || performance.now() - askedAt > refreshMs
      // Words are not exchanged under somebody who is walking through them.
      if (!due || question !== answered || asking.busy || results.entered) return
      askedAt = performance.now()
      asking.now(question)
    },
  }
}
