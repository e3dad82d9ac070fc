import { partOfSpeechOf, type Answer, type Entry, type Question } from '../dictionary.ts'
import { announce, element, find } from '../dom.ts'
import { formatCount, formatMilliseconds, plural } from '../numbers.ts'

const partNames = { noun: 'noun', verb: 'verb', adj: 'adjective', adv: 'adverb' }

export interface ResultsView {
  /** Shows an answer, and says it aloud unless it only brings the last one up to date. */
  show(question: Question, answer: Answer, how: 'answer' | 'refresh'): void
  clear(): void
  /** Moves to the first word. */
  readonly enter: () => void
  /** Whether the keyboard is at one of the words. */
  readonly entered: boolean
}

export interface ResultsActions {
  readonly onLike: (entry: Entry) => void
  readonly onMore: () => void
  /** The words were left upwards, or by Escape. */
  readonly onLeave: () => void
  /** More like this is no longer wanted. */
  readonly onForgetSeed: () => void
}

export function createResultsView(actions: ResultsActions): ResultsView {
  const section = find('#results', HTMLElement)
  const seedLine = find('.seed', HTMLElement, section)
  const took = find('.took', HTMLElement, section)
  const list = find('ol', HTMLOListElement, section)
  const more = find('.more', HTMLButtonElement, section)

  /** Where the arrow keys stop. */
  const buttons = () => [...list.querySelectorAll('button'), ...(more.hidden ? [] : [more])]
  more.addEventListener('click', actions.onMore)
  section.addEventListener('keydown', (event) => {
    const all = buttons()
    const at = all.findIndex((button) => button === document.activeElement)
    if (event.key === 'ArrowDown') all[at + 1]?.focus()
    else if (event.key === 'ArrowUp' && at > 0) all[at - 1]?.focus()
    else if (event.key === 'Home') all[0]?.focus()
    else if (event.key === 'End') all.at(-1)?.focus()
    else if (event.key === 'ArrowUp' || event.key === 'Escape') actions.onLeave()
    else return
    event.preventDefault()
    event.stopPropagation()
  })

  return {
    show(question, answer, how) {
      const { found, seed, count } = answer
      const at = document.activeElement
      const gone = list.contains(at) || seedLine.contains(at)
      list.replaceChildren(...found.map((entry) => entryItem(entry, actions.onLike)))
      const title = titleOf(question, seed)
      list.setAttribute('aria-label', title)
      const time = formatMilliseconds(answer.milliseconds)
      took.textContent = `${plural(found.length, 'word')} out of ${formatCount(count)} definitions in ${time}`
      seedLine.replaceChildren(...(seed ? seedContent(seed, actions.onForgetSeed) : []))
      seedLine.hidden = seed === undefined
      more.hidden = found.length < question.k
      section.hidden = false
      // What had the focus was replaced: it goes on with what came instead.
      if (gone) (seed === undefined ? buttons()[0] : seedLine)?.focus()
      if (how === 'answer') announce(spoken(title, found))
    },
    clear() {
      section.hidden = true
      list.replaceChildren()
    },
    enter() {
      buttons()[0]?.focus()
    },
    get entered() {
      return list.contains(document.activeElement)
    },
  }
}

function titleOf(question: Question, seed: Entry | undefined): string {
  if (seed !== undefined) return `More like “${seed.words[0] ?? ''}”`
  return `Words for “${question.meaning.trim()}”`
}

function spoken(title: string, found: readonly Entry[]): string {
  const closest = found.slice(0, 3).map(({ words }) => words[0])
  if (closest.length === 0) return `${title}: none found.`
  return `${title}: ${found.length}, closest ${closest.join(', ')}.`
}

function seedContent(seed: Entry, onForget: () => void): Node[] {
  const forget = element('button', { type: 'button', class: 'quiet' }, 'Back')
  forget.addEventListener('click', onForget)
  const words = element('strong', {}, seed.words.join(', '))
  return [element('span', {}, 'More like ', words, `: ${typographic(seed.definition)}`), forget]
}

function entryItem(entry: Answer['found'][number], onLike: (entry: Entry) => void): HTMLLIElement {
  const [word = '', ...synonyms] = entry.words
  const like = element('button', { type: 'button', class: 'quiet' }, 'More like this')
  like.setAttribute('aria-label', `More like this: ${word}, ${entry.definition}`)
  like.addEventListener('click', () => {
    onLike(entry)
  })
  const item = element(
    'li',
    { class: 'entry', 'data-id': entry.id },
    element(
      'h2',
      {},
      element('span', { class: 'word' }, word),
      ...synonyms.map((synonym) => `, ${synonym}`),
    ),
    element(
      'p',
      { class: 'definition' },
      element('em', {}, partNames[partOfSpeechOf(entry)]),
      ` ${typographic(entry.definition)}`,
    ),
  )
  if (entry.examples.length > 0) {
    const shown = entry.examples.slice(0, 2).map(typographic)
    item.append(element('p', { class: 'examples' }, shown.join(' · ')))
  }
  item.append(element('div', { class: 'side' }, scoreOf(entry.score), like))
  return item
}

function scoreOf(score: number): HTMLElement {
  const text = score.toFixed(2)
  const bar = element('span', { class: 'bar', 'aria-hidden': 'true' })
  bar.style.setProperty('--score', text)
  const title = 'Cosine similarity of the two meanings: 1 is the same'
  return element(
    'p',
    { class: 'score', title },
    bar,
    element('span', { class: 'unseen' }, 'score '),
    text,
  )
}

/** WordNet writes `such' quotation marks. */
const typographic = (text: string): string => text.replaceAll(/`([^`']*)'/g, '‘$1’')
