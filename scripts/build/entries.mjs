/**
 * The entries of the package, by their name in dist/, and the module each starts from.
 * @type {Record<string, string>}
 */
export const entries = {
  index: 'src/index.ts',
  local: 'src/local.ts',
  'embed/static': 'src/embed/static/index.ts',
  'embed/transformers': 'src/embed/transformers/index.ts',
}

/**
 * @param {string} entry
 * @returns {string} what its users write after `import … from`
 */
export const specifierOf = (entry) => (entry === 'index' ? 'quiverdb' : `quiverdb/${entry}`)
