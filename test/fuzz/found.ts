/** Inputs that once led astray: files in `found/`, tried again by every `npm test`. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { inRepository } from '../../scripts/lib/root.mjs'
import type { Parts } from './target.ts'

export interface Found {
  readonly target: string
  readonly why: string
  readonly parts: Parts
}

const folder = inRepository('test', 'fuzz', 'found')

/** As it is kept: bytes in base64. */
interface Saved extends Omit<Found, 'parts'> {
  readonly parts: readonly string[]
}

/** Writes an input down and answers the file's path in the repository. */
export async function keep(seed: number, { target, why, parts }: Found): Promise<string> {
  const saved: Saved = {
    target,
    why,
    parts: parts.map((part) => Buffer.from(part).toString('base64')),
  }
  await mkdir(folder, { recursive: true })
  const name = `${target.replaceAll(' ', '-')}-${seed.toString(16)}.json`
  await writeFile(`${folder}/${name}`, `${JSON.stringify(saved, undefined, 2)}\n`)
  return `test/fuzz/found/${name}`
}

/** @param path in the repository */
export async function readFound(path: string): Promise<Found> {
  const saved = JSON.parse(await readFile(inRepository(path), 'utf8')) as Saved
  return {
    ...saved,
    parts: saved.parts.map((part) => Uint8Array.from(Buffer.from(part, 'base64'))),
  }
}

/** Paths of all that was found. */
export async function allFound(): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.endsWith('.json')).map((name) => `test/fuzz/found/${name}`)
}
