import { find } from '../dom.ts'

const key = 'quiver-theme'

/** Reading may be forbidden, as in some private windows: then the choice lasts as long as the page. */
function remembered(): string {
  try {
    return localStorage.getItem(key) ?? 'auto'
  } catch {
    return 'auto'
  }
}

function remember(theme: string) {
  try {
    localStorage.setItem(key, theme)
  } catch {
    // The choice still holds for this visit.
  }
}

/** Light or dark as the system says, until somebody chooses. */
export function setUpTheme(): void {
  const group = find('.theme', HTMLElement)
  const metas = [...document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')]
  const colours = metas.map((meta) => meta.content)

  function apply(theme: string) {
    document.documentElement.dataset['theme'] = theme
    const chosen = theme === 'light' ? colours[0] : theme === 'dark' ? colours[1] : undefined
    for (const [i, meta] of metas.entries()) meta.content = chosen ?? colours[i] ?? ''
  }

  const theme = remembered()
  const radio = group.querySelector<HTMLInputElement>(`input[value="${CSS.escape(theme)}"]`)
  if (radio !== null) radio.checked = true
  apply(theme)
  group.addEventListener('change', (event) => {
    if (!(event.target instanceof HTMLInputElement)) return
    apply(event.target.value)
    remember(event.target.value)
  })
}
