import { rivals } from '../contenders/names.ts'
import { pointAt, qpsAt } from '../sweep.ts'
import { type Machine, RECALLS, type Report, type Result } from './report.ts'

/** Columns of text, the first to the left and the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_cell, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

const whole = (value: number | undefined) =>
  value === undefined ? '-' : Math.round(value).toLocaleString('en')
const qps = (value: number | undefined) => (value === undefined ? 'never' : whole(value))
const ms = (value: number | undefined) => (value === undefined ? '-' : value.toFixed(3))
const times = (value: number | undefined) => (value === undefined ? '-' : `${value.toFixed(1)}x`)

/** More than this is not the bench itself. */
const QUIET_LOAD = 1.5

export function describeLoad({ load }: Machine): string {
  const busy = load > QUIET_LOAD ? ' when it began: busy, these figures are worth little' : ''
  return `load ${load.toFixed(1)}${busy}`
}

/** The figures, and under them how many times the first of ours is faster or smaller than each rival. */
export function table(report: Report): string {
  const { dataset, results, machine, parameters, rounds } = report
  const { title, rows, dimension, queries } = dataset
  const size = `${whole(rows)} × ${dimension}, ${whole(queries)} queries`
  const settings = `k ${parameters.k}, M ${parameters.M}, efConstruction ${parameters.efConstruction}`
  const ours = results[0]
  const others = results.filter(({ contender }) => rivals.includes(contender))
  return [
    `${title}: ${size}; ${settings}; median of ${rounds} rounds`,
    `${machine.cpu}; Chromium ${machine.chromium}; Node ${machine.node}; ${describeLoad(machine)}`,
    '',
    columns([
      [
        '',
        'rows/s built',
        ...RECALLS.map((recall) => `QPS at ${recall}`),
        'p50 ms',
        'p99 ms at 0.95',
        'bytes/row walked',
        'in all',
        'wasm gz',
      ],
      ...results.map(figures),
    ]),
    ...(ours && others.length > 0 ? ['', ratios(ours, others)] : []),
  ].join('\n')
}

function figures({ label, rowsPerSecond, bytesPerRow, wasmBytes, points }: Result): string[] {
  const point = pointAt(points, 0.95)
  return [
    label,
    whole(rowsPerSecond),
    ...RECALLS.map((recall) => qps(qpsAt(points, recall))),
    ms(point?.p50),
    ms(point?.p99),
    whole(bytesPerRow.walked),
    whole(bytesPerRow.total),
    wasmBytes === undefined ? '-' : `${(wasmBytes / 1024).toFixed(1)} KiB`,
  ]
}

function ratios(ours: Result, others: readonly Result[]): string {
  return columns([
    [
      `${ours.label}, against`,
      'rows/s built',
      ...RECALLS.map((recall) => `QPS at ${recall}`),
      'bytes/row walked',
      'in all',
    ],
    ...others.map((rival) => [
      rival.label,
      times(ours.rowsPerSecond / rival.rowsPerSecond),
      ...RECALLS.map((recall) =>
        times(ratio(qpsAt(ours.points, recall), qpsAt(rival.points, recall))),
      ),
      times(rival.bytesPerRow.walked / ours.bytesPerRow.walked),
      times(rival.bytesPerRow.total / ours.bytesPerRow.total),
    ]),
  ])
}

const ratio = (a: number | undefined, b: number | undefined) =>
  a === undefined || b === undefined ? undefined : a / b
