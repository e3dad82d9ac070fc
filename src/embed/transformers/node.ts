import type { Progress } from '../../contract/api.ts'
import { QuiverError } from '../../contract/errors.ts'
import { loadModel } from './load.ts'
import type { Library, TextModel } from './model.ts'
import type { ModelSettings } from './options.ts'
import { importAtRuntime } from './runtime.ts'

/**
 * The model on the calling thread, where there are no workers: Node, on its native onnxruntime.
 * @throws QuiverError `UNSUPPORTED` where transformers.js is not installed
 */
export async function loadInProcess(
  settings: ModelSettings,
  onProgress: ((progress: Progress) => void) | undefined,
): Promise<TextModel> {
  return loadModel(await importPeer(), settings, 'cpu', onProgress)
}

async function importPeer(): Promise<Library> {
  try {
    return await importAtRuntime<Library>('@huggingface/transformers')
  } catch (cause) {
    throw new QuiverError(
      'UNSUPPORTED',
      'transformers() needs transformers.js, which could not be imported: npm i @huggingface/transformers',
      { cause },
    )
  }
}
