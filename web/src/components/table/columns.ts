export type SortValue = string | number | null | undefined

/** One column of a table. A slot named after its key draws it; without one its value is written. */
export interface Column<Row> {
  key: string
  title: string
  /** What it is sorted by. */
  value: (row: Row) => SortValue
  isNumber?: boolean
  /** Left out on a phone. */
  isWide?: boolean
  /** Not shown until somebody chooses it. */
  isExtra?: boolean
}

export interface Sort {
  key: string
  isDescending: boolean
}

/** Sort without changing the given rows; rows without a value come last, whichever the direction. */
export function sorted<Row>(rows: readonly Row[], column: Column<Row> | undefined, isDescending: boolean): Row[] {
  if (!column)
    return [...rows]
  const turn = isDescending ? -1 : 1
  return [...rows].sort((a, b) => compare(column.value(a), column.value(b), turn))
}

function compare(a: SortValue, b: SortValue, turn: number): number {
  if (a === null || a === undefined)
    return b === null || b === undefined ? 0 : 1
  if (b === null || b === undefined)
    return -1
  if (typeof a === 'number' && typeof b === 'number')
    return turn * (a - b)
  return turn * String(a).localeCompare(String(b), undefined, { numeric: true })
}
