/** Which figures of a model are shown, in which order, and how they are written. */
import type { Format } from '@/format'

export type Figures = Record<string, number | null>
type Kind = 'percent' | 'signed' | 'number'

const SHOWN: [string, Kind][] = [
  ['skill', 'signed'],
  ['wape', 'percent'],
  ['wql', 'percent'],
  ['mase', 'number'],
  ['rmsse', 'number'],
  ['bias', 'signed'],
  ['coverage80', 'percent'],
]

function write(value: number, kind: Kind, format: Format): string {
  if (kind === 'number')
    return format.number(value, 2)
  return format.percent(value, 1, kind === 'signed')
}

/** Return the figures that there are, as `[name, text]`. */
export function writtenFigures(figures: Figures, format: Format): [string, string][] {
  return SHOWN.flatMap(([name, kind]): [string, string][] => {
    const value = figures[name]
    return value === null || value === undefined ? [] : [[name, write(value, kind, format)]]
  })
}
