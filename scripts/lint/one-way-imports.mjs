// The walls of the house as a lint rule: which rooms of src/ each room may import from.
// A room is a folder of src/; the demo and the tests stand outside.

import { dirname, join, relative, sep } from 'node:path'

/**
 * For every room, the other rooms it may import from. A room may always import from itself.
 * @type {Record<string, readonly string[]>}
 */
export const mayImport = {
  contract: [],
  platform: ['contract'],
  client: ['contract', 'platform'],
  engine: ['contract', 'platform'],
  storage: ['contract', 'platform'],
  embed: ['contract', 'platform'],
  text: ['contract', 'platform'],
  collection: ['contract', 'platform', 'engine', 'storage', 'embed', 'text'],
  tabs: ['contract', 'platform', 'embed', 'collection'],
  worker: ['contract', 'platform', 'engine', 'storage', 'embed', 'text', 'collection', 'tabs'],
}

/** The parts of the repository that see the package as its users do, by its public entries alone. */
const outsiders = ['demo']

/**
 * @param {string} root the repository
 * @param {string} file absolute path
 */
function roomOf(root, file) {
  const [top, second, third] = relative(root, file).split(sep)
  if (top !== undefined && outsiders.includes(top)) return { outside: top }
  // The entries, src/index.ts and src/local.ts, are lists of exports and open every door.
  if (top !== 'src' || second === undefined || third === undefined) return {}
  return { room: second }
}

/**
 * @param {string} root
 * @param {string} importer absolute path of the importing file
 * @param {string} specifier as written
 * @returns {string | undefined} why the import is refused
 */
export function refusal(root, importer, specifier) {
  if (!specifier.startsWith('.')) return undefined
  const target = join(dirname(importer), specifier)
  const from = roomOf(root, importer)
  const to = roomOf(root, target)
  if (from.outside !== undefined) {
    if (to.outside === from.outside) return undefined
    return `${from.outside}/ uses the public API only: import from 'quiverdb'.`
  }
  if (from.room === undefined) return undefined
  const inSource = relative(join(root, 'src'), target).split(sep)[0] !== '..'
  if (to.room === undefined) {
    return inSource ? `src/${from.room}/ may not import an entry of the package.` : undefined
  }
  if (to.room === from.room) return undefined
  const allowed = mayImport[from.room]
  if (allowed === undefined)
    return `src/${from.room}/ has no place in scripts/lint/one-way-imports.mjs.`
  if (allowed.includes(to.room)) return undefined
  return `src/${from.room}/ may not import from src/${to.room}/ (it may from: ${allowed.join(', ') || 'nothing'}).`
}

/** @type {import('eslint').Rule.RuleModule} */
export const oneWayImports = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    /** @param {{ source?: import('estree').Node | null | undefined }} node */
    const check = (node) => {
      const { source } = node
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return
      const message = refusal(context.cwd, context.filename, source.value)
      if (message !== undefined) context.report({ node: source, message })
    }
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression: check,
      // `import('./x.ts').Name` in a type
      TSImportType: check,
    }
  },
}
