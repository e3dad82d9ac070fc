import { isPartOfSpeech, type PartOfSpeech } from '../dictionary.ts'
import { element, find } from '../dom.ts'

const suggestions = [
  'fear of heights',
  'longing for the good old days',
  'someone who loves books',
  'a word that reads the same backwards',
  'murder of a king',
  'to postpone doing what you should do',
  'study of insects',
  'taking place once every year',
]

export interface SearchForm {
  readonly meaning: string
  readonly partOfSpeech: PartOfSpeech | undefined
  fill(meaning: string, partOfSpeech: PartOfSpeech | undefined): void
  focus(): void
}

export interface SearchFormActions {
  /** Another letter was typed. */
  readonly onType: () => void
  /** Enter was pressed, or something else was chosen: the question is complete. */
  readonly onSubmit: () => void
  /** Arrow down: to the words. */
  readonly onEnterResults: () => void
  readonly onEscape: () => void
}

export function createSearchForm(actions: SearchFormActions): SearchForm {
  const form = find('#search', HTMLFormElement)
  const input = find('#meaning', HTMLInputElement)
  const parts = [...form.querySelectorAll<HTMLInputElement>('input[name="pos"]')]

  input.addEventListener('input', actions.onType)
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    actions.onSubmit()
  })
  for (const part of parts) part.addEventListener('change', actions.onSubmit)
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') actions.onEnterResults()
    else if (event.key === 'Escape') actions.onEscape()
    else return
    event.preventDefault()
  })
  document.addEventListener('keydown', (event) => {
    const typing = event.target === input || event.ctrlKey || event.metaKey || event.altKey
    if (event.key !== '/' || typing) return
    event.preventDefault()
    input.focus()
    input.select()
  })

  find('#suggestions ul', HTMLElement).replaceChildren(
    ...suggestions.map((suggestion) => {
      const button = element('button', { type: 'button' }, suggestion)
      button.addEventListener('click', () => {
        input.value = suggestion
        input.focus()
        actions.onSubmit()
      })
      return element('li', {}, button)
    }),
  )

  return {
    get meaning() {
      return input.value
    },
    get partOfSpeech() {
      const chosen = parts.find((part) => part.checked)?.value ?? ''
      return isPartOfSpeech(chosen) ? chosen : undefined
    },
    fill(meaning, partOfSpeech) {
      input.value = meaning
      for (const part of parts) part.checked = part.value === (partOfSpeech ?? '')
    },
    focus() {
      input.focus()
    },
  }
}
