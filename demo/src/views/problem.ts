import { QuiverError, type QuiverErrorCode } from 'quiverdb'
import { LoadingFailed } from '../definitions.ts'
import { element, find } from '../dom.ts'

interface Advice {
  readonly title: string
  readonly text: string
  /** What the button does; none where only another browser or window helps. */
  readonly button?: 'Try again' | 'Delete and start again'
}

const byCode: Partial<Record<QuiverErrorCode, Advice>> = {
  UNSUPPORTED: {
    title: 'This browser cannot keep the dictionary',
    text: 'Pages get no database (IndexedDB) or no WebAssembly here, as in some private windows and old browsers. Open this page in an ordinary window of a current Chrome, Edge, Firefox or Safari.',
  },
  QUOTA_EXCEEDED: {
    title: 'There is no more room',
    text: 'The browser gives this page no more space. What is indexed so far is kept and can be searched. Free some disk space, or delete data of other sites in the browser’s settings, then go on.',
    button: 'Try again',
  },
  NOT_LEADER: {
    title: 'The dictionary is open in another tab',
    text: 'That tab does not answer. Close it, then try again here.',
    button: 'Try again',
  },
  OUT_OF_MEMORY: {
    title: 'There is not enough memory',
    text: 'What is indexed so far is kept. Close other tabs or programs, then try again.',
    button: 'Try again',
  },
  CORRUPT: {
    title: 'The kept dictionary is damaged',
    text: 'What is stored in this browser does not read back as it was written. It can be deleted and indexed again.',
    button: 'Delete and start again',
  },
  NEWER_FORMAT: {
    title: 'This page is older than what it finds here',
    text: 'A newer version of it has written the dictionary. Load it again while online to get the newer one.',
    button: 'Try again',
  },
  CLOSED: {
    title: 'The dictionary was closed',
    text: 'It was deleted in another tab, or the worker that keeps it has stopped. Unless it was deleted, nothing that was indexed is lost.',
    button: 'Try again',
  },
}

const noSuchEntry: Advice = {
  title: 'That entry is not here',
  text: 'It is not indexed yet, or belongs to another edition of WordNet. Search for a meaning instead.',
}

function adviceOn(error: unknown, where: 'dictionary' | 'search'): Advice {
  if (error instanceof LoadingFailed) {
    return {
      title: 'The definitions could not be loaded',
      text: 'The first visit needs a network. What is indexed so far is kept and can be searched; when you are online again, go on from there.',
      button: 'Try again',
    }
  }
  if (error instanceof QuiverError) {
    if (error.code === 'NOT_FOUND' && where === 'search') return noSuchEntry
    const advice = byCode[error.code]
    if (advice !== undefined) return advice
  }
  return {
    title: 'Something went wrong',
    text: 'The part of the page that keeps and searches the dictionary has stopped. Load the page again; nothing that was indexed is lost.',
    button: 'Try again',
  }
}

export interface ProblemView {
  /** What went wrong and what to do, in plain words; the error's own words follow for those who report it. */
  show(error: unknown, where: 'dictionary' | 'search'): void
  /** A search was answered: what an earlier one complained of is over. */
  searchWorks(): void
}

export function createProblemView(onDelete: () => void): ProblemView {
  const card = find('#problem', HTMLElement)
  let shown: 'dictionary' | 'search' | undefined

  function content({ title, text, button }: Advice, error: unknown): Node[] {
    const parts: Node[] = [element('h2', {}, title), element('p', {}, text)]
    if (button !== undefined) {
      const action = element('button', { type: 'button' }, button)
      action.addEventListener('click', () => {
        if (button === 'Try again') location.reload()
        else onDelete()
      })
      parts.push(action)
    }
    const exact = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return [...parts, element('details', {}, element('summary', {}, 'Details'), exact)]
  }

  return {
    show(error, where) {
      // Where the dictionary has a problem, searching has the same one.
      if (shown === 'dictionary' && where === 'search') return
      shown = where
      card.replaceChildren(...content(adviceOn(error, where), error))
      card.hidden = false
    },
    searchWorks() {
      if (shown !== 'search') return
      shown = undefined
      card.hidden = true
    },
  }
}
