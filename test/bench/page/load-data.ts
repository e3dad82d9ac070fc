import type { Data } from '../contenders/contender.ts'

/** A dataset that the bench has prepared and serves. */
export async function loadData(dataset: string): Promise<Data> {
  const about = (await (await fetch(`/data/${dataset}/about.json`)).json()) as { dimension: number }
  const [rows, queries, truth] = await Promise.all(
    ['rows.f32', 'queries.f32', 'truth.u32'].map(async (file) => {
      const response = await fetch(`/data/${dataset}/${file}`)
      if (!response.ok) throw new Error(`${file} of ${dataset} is not served.`)
      return response.arrayBuffer()
    }),
  )
  return {
    dimension: about.dimension,
    rows: new Float32Array(rows!),
    queries: new Float32Array(queries!),
    truth: new Uint32Array(truth!),
  }
}
