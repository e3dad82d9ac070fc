/** The element that `selector` names; the page and its modules are written together, so that it is there. */
export function find<T extends Element>(
  selector: string,
  type: abstract new () => T,
  within: ParentNode = document,
): T {
  const found = within.querySelector(selector)
  if (found instanceof type) return found
  throw new Error(`The page holds no ${type.name} at ${selector}.`)
}

/** A new element with its attributes and content. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string>>,
  ...content: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value)
  made.append(...content)
  return made
}

/** Says `text` to people who hear the page, once the page has been still for a moment. */
export function announce(text: string): void {
  clearTimeout(announcing)
  announcing = setTimeout(() => {
    find('#announcements', HTMLElement).textContent = text
  }, 600)
}
let announcing: ReturnType<typeof setTimeout> | undefined
