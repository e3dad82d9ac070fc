/** All that runs the targets needs, as one module: an error class must not be there twice. */
export { examine } from './examine.ts'
export { keep, readFound } from './found.ts'
export { inputOf } from './input.ts'
export { loadTargets } from './targets/index.ts'
