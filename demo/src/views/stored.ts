import type { Role, SearchInfo } from 'quiverdb'
import type { Stats } from '../dictionary.ts'
import { element, find } from '../dom.ts'
import { formatBytes, formatCount, formatMilliseconds } from '../numbers.ts'
import type { Offline } from '../offline.ts'

export interface StoredView {
  show(stats: Stats): void
  /** How the last search went. */
  showSearch(info: SearchInfo): void
  readonly showOffline: (offline: Offline) => void
  readonly showRole: (role: Role) => void
}

const offlineTexts = {
  ready: 'ready',
  preparing: 'being prepared',
  unavailable: 'not available',
} satisfies Record<Offline, string>

const roleTexts = {
  leader: 'by this tab',
  follower: 'by another tab',
  alone: 'by this tab alone',
} satisfies Record<Role, string>

const planNames = { graph: 'through the graph', scan: 'scan, then exact', exact: 'exact scan' }

const rowNames = [
  'Definitions',
  'In memory',
  'Held',
  'On this device',
  'Index',
  'Vectors',
  'Runs on',
  'Without network',
  'Last search',
  'Embedding',
  'Finding',
  'Reading',
] as const
type RowName = (typeof rowNames)[number]

/** What lies in this browser, and how it is searched. */
export function createStoredView(onDelete: () => void): StoredView {
  const panel = find('#stored', HTMLElement)
  const list = find('dl', HTMLDListElement, panel)
  const cells = new Map(rowNames.map((name) => [name, element('dd', {}, '–')]))
  for (const [name, cell] of cells) list.append(element('div', {}, element('dt', {}, name), cell))
  find('button', HTMLButtonElement, panel).addEventListener('click', onDelete)

  function set(name: RowName, value: string) {
    const cell = cells.get(name)
    if (cell !== undefined) cell.textContent = value
  }

  return {
    show(stats) {
      for (const [name, value] of rowsOf(stats)) set(name, value)
    },
    showSearch({ plan, timings }) {
      set('Last search', planNames[plan.method])
      set('Embedding', formatMilliseconds(timings.embed))
      set('Finding', formatMilliseconds(timings.search))
      set('Reading', formatMilliseconds(timings.hydrate))
    },
    showOffline(offline) {
      set('Without network', offlineTexts[offline])
    },
    showRole(role) {
      set('Held', roleTexts[role])
    },
  }
}

function rowsOf({ database, definitions }: Stats): [RowName, string][] {
  const { rows, dimension, index, quantization, bytes, device, build, waiting } = definitions
  const { stored } = database.bytes
  const graph = waiting === 0 ? 'HNSW graph' : `HNSW, ${formatCount(waiting)} to go`
  return [
    ['Definitions', formatCount(rows)],
    ['In memory', formatBytes(bytes.total)],
    ['On this device', database.storage === 'memory' ? 'nothing' : formatBytes(stored)],
    ['Index', index === 'hnsw' ? graph : 'exact scan'],
    ['Vectors', `${dimension ?? 0} × ${quantization === 'none' ? 'f32' : quantization}`],
    ['Runs on', device === 'wasm' ? build : `WebGPU, ${build}`],
  ]
}
