import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inRepository } from '../../../scripts/lib/root.mjs'
import { type Data, K } from '../contenders/contender.ts'
import { nearest } from './exact.ts'

/** Where prepared datasets lie; the bench's page gets them from there. */
export const datasets = inRepository('.cache', 'bench', 'data')

/** Vectors as they come, row-major; their lengths do not matter, since cosine is measured. */
export interface Raw {
  readonly dimension: number
  readonly rows: Float32Array
  readonly queries: Float32Array
  /** The K nearest rows of each query, where somebody has computed them. */
  readonly truth?: Uint32Array | undefined
}

/** A dataset that is prepared. */
export interface Dataset {
  /** Folder in `datasets`. */
  readonly name: string
  readonly title: string
  readonly rows: number
  readonly queries: number
  readonly dimension: number
}

const PARTS = ['rows.f32', 'queries.f32', 'truth.u32'] as const

/** Makes a dataset unless it was made before: unit vectors, and the exact neighbours of every query. */
export async function prepare(
  name: string,
  title: string,
  load: () => Promise<Raw>,
  note: (text: string) => void,
): Promise<Dataset> {
  const about = join(datasets, name, 'about.json')
  if (existsSync(about)) return JSON.parse(await readFile(about, 'utf8')) as Dataset
  note('reading vectors')
  const { dimension, rows, queries, truth } = await load()
  normalise(rows, dimension)
  normalise(queries, dimension)
  await mkdir(join(datasets, name), { recursive: true })
  note('computing exact neighbours')
  const arrays = [rows, queries, truth ?? nearest(rows, queries, dimension, K)]
  for (const [i, part] of PARTS.entries()) {
    const { buffer, byteOffset, byteLength } = arrays[i]!
    await writeFile(join(datasets, name, part), new Uint8Array(buffer, byteOffset, byteLength))
  }
  const dataset: Dataset = {
    name,
    title,
    rows: rows.length / dimension,
    queries: queries.length / dimension,
    dimension,
  }
  // Last: a run that is killed half way must not pass for done.
  await writeFile(about, `${JSON.stringify(dataset)}\n`)
  return dataset
}

/** Reads a prepared dataset, as the page does. */
export async function read({ name, dimension }: Dataset): Promise<Data> {
  const [rows, queries, truth] = await Promise.all(
    PARTS.map(async (part) => new Uint8Array(await readFile(join(datasets, name, part))).buffer),
  )
  return {
    dimension,
    rows: new Float32Array(rows!),
    queries: new Float32Array(queries!),
    truth: new Uint32Array(truth!),
  }
}

function normalise(matrix: Float32Array, dimension: number): void {
  for (let from = 0; from < matrix.length; from += dimension) {
    const row = matrix.subarray(from, from + dimension)
    const length = Math.hypot(...row)
    if (length === 0) throw new Error(`Row ${from / dimension} is zero: cosine does not know it.`)
    for (let i = 0; i < dimension; i++) row[i]! /= length
  }
}
