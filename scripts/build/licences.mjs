// The packages that are bundled into dist/ ask that their licences travel with them.

import { readFile, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inRepository } from '../lib/root.mjs'

/** @param {string} name of a package */
async function notice(name) {
  const folder = inRepository('node_modules', name)
  const { version, license } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
  const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
  return [`${name} ${version} (${license})`, ...texts.map((text) => text.trim())].join('\n\n')
}

/** A plugin for rolldown that remembers whose code went into dist/, and what writes their notices. */
export function licences() {
  /** @type {Set<string>} */
  const packages = new Set()
  return {
    /** @type {import('rolldown').Plugin} */
    collect: {
      name: 'licences',
      generateBundle(_options, bundle) {
        for (const chunk of Object.values(bundle)) {
          if (chunk.type !== 'chunk') continue
          for (const id of chunk.moduleIds) {
            const name = /node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/.exec(id)?.[1]
            if (name !== undefined) packages.add(name)
          }
        }
      },
    },
    async write() {
      const notices = await Promise.all([...packages].sort().map(notice))
      const text = `Quiver's dist/ contains code of these packages.\n\n${notices.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
      await writeFile(inRepository('dist', 'THIRD-PARTY-LICENCES.txt'), text)
    },
  }
}
