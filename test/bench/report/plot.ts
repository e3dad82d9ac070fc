import type { Point } from '../sweep.ts'
import { RECALLS, type Report } from './report.ts'

const WIDTH = 860
const HEIGHT = 520
const PLOT = { left: 70, right: 600, top: 50, bottom: 470 }
const LOWEST_RECALL = 0.8

/** Okabe and Ito's colours, which most people tell apart; then the first ones again. */
const COLOURS = [
  '#0072b2',
  '#56b4e9',
  '#009e73',
  '#cc79a7',
  '#d55e00',
  '#e69f00',
  '#000000',
  '#999999',
]

/** Recall against queries per second, as an SVG: farther up and to the right is better. */
export function plot({ dataset, date, machine, results }: Report): string {
  const shown = results.map(({ label, points }) => ({
    label,
    points: points.filter(({ recall }) => recall >= LOWEST_RECALL),
  }))
  const speeds = shown.flatMap(({ points }) => points.map(({ qps }) => qps))
  const low = Math.floor(Math.log10(Math.min(...speeds)))
  const high = Math.ceil(Math.log10(Math.max(...speeds)))
  const x = (recall: number) =>
    PLOT.left + ((recall - LOWEST_RECALL) / (1 - LOWEST_RECALL)) * (PLOT.right - PLOT.left)
  const y = (qps: number) =>
    PLOT.bottom - ((Math.log10(qps) - low) / (high - low)) * (PLOT.bottom - PLOT.top)

  const path = (points: readonly Point[]) =>
    points.map(({ recall, qps }) => `${x(recall).toFixed(1)},${y(qps).toFixed(1)}`).join(' ')
  const decades = Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i))
  const ticks = [0.8, 0.85, ...RECALLS, 1]
  const title = `${dataset.title}: ${dataset.rows.toLocaleString('en')} × ${dataset.dimension}`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${escape(title)}, queries per second against recall@10</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(PLOT.left, 22, title, 'font-size="16"'),
    text(PLOT.left, 40, `queries per second against recall@10; ${machine.cpu}, one core, ${date}`),
    ...decades.flatMap((qps) => [
      line(PLOT.left, y(qps), PLOT.right, y(qps)),
      text(PLOT.left - 8, y(qps) + 4, qps.toLocaleString('en'), 'text-anchor="end"'),
    ]),
    ...ticks.flatMap((recall) => [
      line(x(recall), PLOT.top, x(recall), PLOT.bottom),
      text(x(recall), PLOT.bottom + 18, String(recall), 'text-anchor="middle"'),
    ]),
    ...shown.flatMap(({ label, points }, i) => {
      const colour = COLOURS[i % COLOURS.length]!
      const at = PLOT.top + 20 * i + 10
      return [
        `<polyline points="${path(points)}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...points.map(
          ({ recall, qps }) =>
            `<circle cx="${x(recall).toFixed(1)}" cy="${y(qps).toFixed(1)}" r="2.5" fill="${colour}"/>`,
        ),
        `<rect x="${PLOT.right + 20}" y="${at - 9}" width="12" height="12" fill="${colour}"/>`,
        text(PLOT.right + 40, at + 1, label),
      ]
    }),
    '</svg>',
    '',
  ].join('\n')
}

function line(x1: number, y1: number, x2: number, y2: number): string {
  const [a, b, c, d] = [x1, y1, x2, y2].map((value) => value.toFixed(1))
  return `<line x1="${a}" y1="${b}" x2="${c}" y2="${d}" stroke="#ddd"/>`
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${attributes}>${escape(content)}</text>`
}

function escape(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
