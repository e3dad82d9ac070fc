import { element, find } from '../dom.ts'

/** What is left of the page once its dictionary was deleted from this device. */
export function showFarewell(): void {
  const again = element('button', { type: 'button' }, 'Index it again')
  again.addEventListener('click', () => {
    location.reload()
  })
  const card = element(
    'section',
    { class: 'card' },
    element('h1', {}, 'The dictionary is deleted'),
    element('p', {}, 'Nothing of it is left on this device.'),
    again,
  )
  find('#stored', HTMLElement).remove()
  find('main', HTMLElement).replaceChildren(card)
  again.focus()
}
