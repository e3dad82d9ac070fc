import { announce, element, find } from '../dom.ts'
import type { IndexingProgress } from '../indexing.ts'
import { formatCount, formatDuration } from '../numbers.ts'
import { Pace } from '../pace.ts'

export interface IndexingView {
  show(progress: IndexingProgress): void
  /** Something stopped it; what is stored stays. */
  stop(): void
}

/** The progress of the first visit. Never shown where everything was there already. */
export function createIndexingView(): IndexingView {
  const card = find('#indexing', HTMLElement)
  const title = find('h2', HTMLElement, card)
  const bar = find('progress', HTMLProgressElement, card)
  const paceLine = find('.pace', HTMLElement, card)
  const hint = find('.hint', HTMLElement, card)
  const pace = new Pace()
  let startedAt = 0

  function begin({ found }: IndexingProgress) {
    startedAt = performance.now()
    card.hidden = false
    title.textContent = found > 0 ? 'Going on with the definitions' : 'Reading the dictionary'
    hint.textContent =
      found > 0
        ? `${formatCount(found)} were kept from your last visit. You can search while the rest is indexed.`
        : 'Once only: the result stays in your browser. You can search already, the commonest words are in first.'
    announce(`${title.textContent}. ${hint.textContent}`)
  }

  function finish({ total }: IndexingProgress) {
    const took = formatDuration((performance.now() - startedAt) / 1000)
    title.textContent = `All ${formatCount(total)} definitions are in`
    paceLine.textContent = `Indexed in ${took}.`
    hint.textContent = 'They stay in your browser: next time you can search at once, even offline.'
    card.classList.add('finished')
    announce(title.textContent)
  }

  return {
    show(progress) {
      const { stored, found, total } = progress
      const complete = stored >= total
      if (card.hidden) {
        if (complete) return
        begin(progress)
      }
      bar.max = total
      bar.value = stored
      paceLine.replaceChildren(...paceContent(progress, pace.read(stored, performance.now())))
      if (complete && stored > found) finish(progress)
    },
    stop() {
      card.hidden = true
    },
  }
}

function paceContent({ stored, total }: IndexingProgress, rate: number | undefined): Node[] {
  const parts = [`${formatCount(stored)} of ${formatCount(total)}`]
  if (rate !== undefined && rate > 0) {
    parts.push(`${formatCount(Math.round(rate))} a second`)
    parts.push(`${formatDuration((total - stored) / rate)} left`)
  }
  return parts.map((part) => element('span', {}, part))
}
