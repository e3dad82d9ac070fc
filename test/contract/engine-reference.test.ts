import { referenceEngine } from '../../src/engine/reference.ts'
import { engineContract } from './engine.ts'

engineContract('reference', () => Promise.resolve(referenceEngine))
