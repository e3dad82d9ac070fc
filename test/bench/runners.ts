import type { Page } from 'playwright-core'
import { buildHnswlibNode } from './contenders/hnswlib-node.ts'
import { measure } from './contenders/measure.ts'
import {
  type BrowserContender,
  type ContenderName,
  inBrowser,
  inNode,
  type NodeContender,
} from './contenders/names.ts'
import { type Dataset, read } from './data/dataset.ts'
import { loadHnswlibNode } from './rivals.ts'
import type { Built } from './page/contender-worker.ts'
import type { Lane } from './sweep.ts'

/** A contender that is built, wherever it runs. */
export interface Runner extends Omit<Built, 'labels'> {
  readonly name: ContenderName
  readonly lanes: readonly Lane[]
}

type OnRows = (done: number) => void

/** Builds contenders one after the other, on one dataset. Those of the browser live as long as the page. */
export async function startRunners(
  page: Page,
  dataset: Dataset,
  wanted: ReadonlySet<ContenderName>,
  note: (text: string) => void,
): Promise<Runner[]> {
  const notes = (name: ContenderName): OnRows => {
    const total = dataset.rows.toLocaleString('en')
    return (done) => {
      note(`${name}: ${done.toLocaleString('en')} of ${total} rows`)
    }
  }
  await page.exposeFunction('onRows', (name: BrowserContender, done: number) => {
    notes(name)(done)
  })
  const runners: Runner[] = []
  for (const name of inBrowser) {
    if (wanted.has(name)) runners.push(await startInBrowser(name, dataset, page))
  }
  for (const name of inNode) {
    if (wanted.has(name)) runners.push(await startInNode(name, dataset, notes(name)))
  }
  return runners
}

async function startInBrowser(
  name: BrowserContender,
  dataset: Dataset,
  page: Page,
): Promise<Runner> {
  const { labels, ...built } = await page.evaluate(
    ([contender, data]) => window.bench.build(contender, data),
    [name, dataset.name] as const,
  )
  const lanes = labels.map((label) => ({
    label,
    measure: (ef: number) =>
      page.evaluate(([contender, way, beam]) => window.bench.measure(contender, way, beam), [
        name,
        label,
        ef,
      ] as const),
  }))
  return { name, ...built, lanes }
}

const nodeLabels: Record<NodeContender, string> = {
  'hnswlib-node': 'hnswlib-node',
  'hnswlib-node-this-cpu': 'hnswlib-node, -march=native',
}

async function startInNode(name: NodeContender, dataset: Dataset, onRows: OnRows): Promise<Runner> {
  const data = await read(dataset)
  const build = buildHnswlibNode(nodeLabels[name], loadHnswlibNode(name))
  const { buildMs, bytes, asks } = await build(data, onRows)
  const lanes = Object.entries(asks).map(([label, ask]) => ({
    label,
    measure: (ef: number) => measure(ask, ef, data.truth),
  }))
  return { name, buildMs, bytes, lanes }
}
