import { deleteDatabase } from 'quiverdb'
import { readSettings } from './address.ts'
import { startConversation } from './conversation.ts'
import { manifest } from './definitions.ts'
import { Dictionary } from './dictionary.ts'
import { indexDefinitions } from './indexing.ts'
import { keepForOffline } from './offline.ts'
import { find } from './dom.ts'
import { createIndexingView } from './views/indexing.ts'
import { showFarewell } from './views/farewell.ts'
import { createProblemView } from './views/problem.ts'
import { createStoredView } from './views/stored.ts'
import { setUpTheme } from './views/theme.ts'

/** How often the numbers of what is stored are brought up to date while they change. */
const refreshMs = 2_000

setUpTheme()
const { name, limit } = readSettings()
const opening = Dictionary.open(name, manifest.version)
const indexing = createIndexingView()
const stored = createStoredView(() => {
  const sure = confirm('Delete the dictionary from this device? Searching needs it indexed again.')
  if (sure) void deleteDictionary(showFarewell)
})
const problem = createProblemView(() => {
  void deleteDictionary(() => {
    location.reload()
  })
})
const conversation = startConversation(
  opening,
  ({ info }) => {
    problem.searchWorks()
    stored.showSearch(info)
  },
  (error) => {
    problem.show(error, 'search')
  },
)
keepForOffline(stored.showOffline)
void fillDictionary()

/** Opens the dictionary, and on a first visit indexes it. */
async function fillDictionary() {
  try {
    const dictionary = await opening.finally(() => {
      find('#opening', HTMLElement).hidden = true
    })
    dictionary.followRole(stored.showRole)
    const index = indexDefinitions(dictionary, limit, (progress) => {
      indexing.show(progress)
      const complete = progress.stored >= progress.total
      conversation.follow(complete ? 'complete' : 'indexing')
    })
    await Promise.all([index, followStats(dictionary)])
  } catch (error) {
    indexing.stop()
    problem.show(error, 'dictionary')
  }
}

/** Shows what is stored, until all is indexed and the graph is built. */
async function followStats(dictionary: Dictionary) {
  const total = Math.min(limit, manifest.total)
  for (;;) {
    const stats = await dictionary.stats()
    stored.show(stats)
    if (stats.definitions.rows >= total && stats.definitions.waiting === 0) return
    await new Promise((resolve) => setTimeout(resolve, refreshMs))
  }
}

async function deleteDictionary(onDeleted: () => void) {
  try {
    await deleteDatabase(name)
    onDeleted()
  } catch (error) {
    problem.show(error, 'dictionary')
  }
}
