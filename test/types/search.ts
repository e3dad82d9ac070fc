/** Checked by tsc alone: options and results that must compile, and, under each `@ts-expect-error`, what must not. */
import type { CollectionStats, Database, Metric, Quantization } from '../../src/contract/api.ts'

declare const db: Database

export async function collectionsSayHowVectorsAreComparedAndKept(): Promise<void> {
  const metrics: Metric[] = ['cosine', 'dot', 'l2', 'l1', 'hamming', 'jaccard']
  const quantizations: Quantization[] = ['none', 'f16', 'int8', '1bit', 'auto']
  for (const metric of metrics) await db.collection('c', { metric })
  for (const quantization of quantizations) await db.collection('c', { quantization })
  await db.collection('c', { originals: 'f16', index: { type: 'hnsw', efSearch: 80 } })
  await db.collection('c', { index: { type: 'flat' } })

  // @ts-expect-error no such metric
  await db.collection('c', { metric: 'L1' })
  // @ts-expect-error originals are not quantized to bytes
  await db.collection('c', { originals: 'int8' })
  // @ts-expect-error an exact scan has no width
  await db.collection('c', { index: { type: 'flat', efSearch: 80 } })
}

export async function searchesSayHowFarToLook(): Promise<void> {
  const c = await db.collection('c', { dimension: 2 })
  const hits = await c.search([1, 0], { targetRecall: 0.99 })
  await c.search([1, 0], { radius: 0.3, k: 5 })
  await c.searchMany([[1, 0], { id: 'a' }], { ef: 100 })
  const { method, ef } = hits.info.plan
  const width: number | undefined = ef
  const ways: 'graph' | 'scan' | 'exact' = method

  // @ts-expect-error a recall is a number
  await c.search([1, 0], { targetRecall: '99%' })
  // @ts-expect-error null is not left out
  await c.search([1, 0], { radius: null })
  // @ts-expect-error a scan has no ef
  const sure: number = hits.info.plan.ef
  console.log(width, ways, sure)
}

export function statsSayWhatWasMeasured(stats: CollectionStats): readonly (string | number)[] {
  const { quantization, originals, calibratedEf } = stats
  // @ts-expect-error it is undefined until it was measured
  const early = calibratedEf['0.95']
  // @ts-expect-error what was asked for as auto has become one of the others
  const asked: boolean = quantization === 'auto'
  return [quantization, originals, calibratedEf?.['0.95'] ?? 64, early, Number(asked)]
}
