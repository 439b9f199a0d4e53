/** Which figures of a model are shown, in which order, and how they are written. */
import type { Format } from '@/format'

export type Figures = Record<string, number | null>
type Kind = 'percent' | 'signed' | 'number'

const SHOWN: [string, Kind][] = [
  ['skill', 'signed'],
  ['wape', 'percent'],
  ['wql', 'percent'],
  ['wql_uncorrected', 'percent'],
  ['mase', 'number'],
  ['rmsse', 'number'],
  ['bias', 'signed'],
  ['coverage80', 'percent'],
  ['coverage80_raw', 'percent'],
]

/** What figures are of: the windows that checked the learning, forecasts in the past, or the last steps. */
const GROUPS = [
  { name: 'validation', prefix: '' }, { name: 'backtest', prefix: 'backtest_' }, { name: 'test', prefix: 'test_' },
] as const

export interface Figure {
  name: string
  text: string
  /** Where it lies 95 times of 100. */
  interval: string
}

export interface FigureGroup {
  name: typeof GROUPS[number]['name']
  figures: Figure[]
}

export function writeFigure(name: string, value: number | null | undefined, format: Format): string {
  const kind = SHOWN.find(([known]) => known === name)?.[1] ?? 'number'
  if (kind === 'number')
    return format.number(value, 2)
  return format.percent(value, 1, kind === 'signed')
}

/** Return the figures that there are, group by group. */
export function writtenFigures(figures: Figures, format: Format): FigureGroup[] {
  const groups = GROUPS.map(({ name, prefix }) => ({
    name,
    figures: SHOWN.flatMap(([key]): Figure[] => {
      const value = figures[prefix + key]
      if (value === null || value === undefined)
        return []
      return [{ name: key, text: writeFigure(key, value, format), interval: intervalOf(prefix + key, figures, format) }]
    }),
  }))
  return groups.filter(group => group.figures.length > 0)
}

function intervalOf(key: string, figures: Figures, format: Format): string {
  const [low, high] = [figures[`${key}_low`], figures[`${key}_high`]]
  if (low === null || low === undefined || high === null || high === undefined)
    return ''
  return `${format.percent(low, 1, true)} … ${format.percent(high, 1, true)}`
}
