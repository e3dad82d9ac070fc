import { mkdir, writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { inRepository } from '../../../scripts/lib/root.mjs'
import type { BenchOptions } from '../options.ts'
import type { Machine } from './report.ts'

export function thisMachine(chromium: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    node: process.versions.node,
    chromium,
    load: loadavg()[0]!,
  }
}

export const today = (): string => new Date().toISOString().slice(0, 10)

/** Full runs are kept under `records/`, by date and CPU; quick ones leave their files where nobody commits them. */
export function recordFolder(size: BenchOptions['size'], { cpu }: Machine): string {
  if (size === 'quick') return inRepository('.cache', 'bench', 'quick')
  const name = cpu.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return inRepository('test', 'bench', 'records', `${today()}-${name}`)
}

/** Writes the files of a record. */
export async function keep(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  await mkdir(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content)
}

export const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`
