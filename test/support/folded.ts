import type { Database } from 'quiverdb'

/** Resolves once the log was folded: what is stored changes when nobody writes. */
export async function untilFolded(db: Database): Promise<void> {
  const stored = async () => (await db.stats()).bytes.stored
  const before = await stored()
  while ((await stored()) === before) await new Promise((resolve) => setTimeout(resolve, 50))
}
