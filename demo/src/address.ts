// What the page's address says. Questions are kept in it, so that an answer can be sent to a friend.
//
//   ?q=fear of heights   the meaning in the search box
//   ?like=noun14406171   more like this entry, instead
//   ?pos=noun            only this part of speech
//   ?limit=2000          index no more than the first so many definitions: for a quick look, for tests
//   ?name=trial          another database than the usual one

import { isPartOfSpeech, type Question } from './dictionary.ts'

/** What the page opens; fixed while it is open. */
export interface Settings {
  readonly name: string
  readonly limit: number
}

export function readSettings(): Settings {
  const parameters = new URLSearchParams(location.search)
  const limit = Number(parameters.get('limit'))
  return {
    name: parameters.get('name') ?? 'reverse-dictionary',
    limit: Number.isInteger(limit) && limit > 0 ? limit : Infinity,
  }
}

export function readQuestion(): Question {
  const parameters = new URLSearchParams(location.search)
  const partOfSpeech = parameters.get('pos') ?? ''
  return {
    meaning: parameters.get('q') ?? '',
    like: parameters.get('like') ?? undefined,
    partOfSpeech: isPartOfSpeech(partOfSpeech) ? partOfSpeech : undefined,
    k: 10,
  }
}

/** `visit`: the browser's back button returns to the question before; `amend`: it does not. */
export function writeQuestion(question: Question, how: 'visit' | 'amend'): void {
  const url = new URL(location.href)
  const parameters = {
    q: question.meaning.trim(),
    like: question.like,
    pos: question.partOfSpeech,
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined || value === '') url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  if (url.href === location.href) return
  if (how === 'visit') history.pushState(null, '', url)
  else history.replaceState(null, '', url)
}
