/** Faint marks on the axis of a forecast: holidays, and columns that say yes in advance. */
import type { LineSeriesOption } from 'echarts'
import type { Mark } from '@/api/types'
import type { ChartColours } from './colours'

const DAY_MS = 86_400_000
const LOWEST = 0.012
const APART = 0.024

export interface MarkRow {
  name: string
  colour: string
  marks: Mark[]
}

/** One row for the holidays, and one for each column. */
export function markRows(marks: readonly Mark[], holiday: string, colours: ChartColours): MarkRow[] {
  const columns = [...new Set(marks.map(mark => mark.column ?? null))].sort((a, b) => (a ?? '').localeCompare(b ?? ''))
  return columns.map((column, place) => ({
    name: column ?? holiday,
    colour: colours.marks[place % colours.marks.length] ?? colours.inkFaint,
    marks: marks.filter(mark => (mark.column ?? null) === column),
  }))
}

/** Draw the rows just above the axis, whatever the values beside them: they have an axis of their own, 0 to 1. */
export function markLines(rows: readonly MarkRow[]): LineSeriesOption[] {
  return rows.map(({ name, colour, marks }, place) => ({
    name,
    type: 'line',
    yAxisIndex: 1,
    data: marks.flatMap(({ first, last }) => dailyPoints(Date.parse(first), Date.parse(last), LOWEST + APART * place)),
    symbol: 'roundRect',
    symbolSize: [5, 5],
    connectNulls: false,
    silent: true,
    lineStyle: { width: 5, color: colour, cap: 'round' },
    itemStyle: { color: colour, borderWidth: 0 },
    emphasis: { disabled: true },
    z: 2,
  }))
}

function dailyPoints(first: number, last: number, height: number): [number, number | null][] {
  const ends: [number, number | null][] = first === last ? [[first, height]] : [[first, height], [last, height]]
  return [...ends, [last + 1, null]]
}

/** What is marked on the day of a moment. */
export function markedAt(rows: readonly MarkRow[], moment: number, isChinese: boolean) {
  return rows.flatMap(({ name, colour, marks }) => {
    const found = marks.find(mark => Date.parse(mark.first) <= moment && moment < Date.parse(mark.last) + DAY_MS)
    const title = found && (isChinese ? found.title_zh : found.title)
    return title === undefined ? [] : [{ colour, name, title }]
  })
}
