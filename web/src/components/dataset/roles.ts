/** Which column plays which role: between the server's mapping and the chips on the column heads. */
import type { ColumnGuess, Mapping } from '@/api/types'

export type Role = ColumnGuess['role']

export const ROLES: Role[] = ['date', 'target', 'id', 'known', 'past', 'static', 'value', 'ignore']
const LISTS = { id: 'ids', known: 'known', past: 'past', static: 'static', value: 'values' } as const

export function roleIn(mapping: Mapping, column: string): Role {
  if (mapping.date === column)
    return 'date'
  if (mapping.layout === 'long' && mapping.target === column)
    return 'target'
  const found = Object.entries(LISTS).find(([, list]) => mapping[list].includes(column))
  return found ? found[0] as Role : 'ignore'
}

/** Only a long file has a target; where each column is a date, there is no date column either. */
export function rolesFor(layout: Mapping['layout']): Role[] {
  switch (layout) {
    case 'long': return ROLES.filter(role => role !== 'value')
    case 'wide': return ROLES.filter(role => role !== 'target')
    default: return ['id', 'static', 'value', 'ignore']
  }
}

/** Return the columns that a mapping uses. */
export function columnsIn(mapping: Mapping): string[] {
  const { date, target, ids, known, past, static: fixed, values, layout } = mapping
  const own = [layout === 'dates' ? '' : date, layout === 'long' ? target : '']
  return [...own, ...ids, ...known, ...past, ...fixed, ...values].filter(name => name !== '')
}

/** Give a column a role; there is one date and one target, so those that had it lose it. */
export function withRole(mapping: Mapping, column: string, role: Role): Mapping {
  const without = (names: string[]) => names.filter(name => name !== column)
  const next: Mapping = {
    ...mapping,
    date: mapping.date === column ? '' : mapping.date,
    target: mapping.layout === 'long' && mapping.target === column ? '' : mapping.target,
    ids: without(mapping.ids),
    known: without(mapping.known),
    past: without(mapping.past),
    static: without(mapping.static),
    values: without(mapping.values),
  }
  if (role === 'date' || role === 'target')
    return { ...next, [role]: column }
  if (role === 'ignore')
    return next
  const list = LISTS[role]
  return { ...next, [list]: [...next[list], column] }
}

/** Return the roles that the file cannot do without and that no column has. */
export function missingRoles(mapping: Mapping): Role[] {
  const needed: [Role, boolean][] = [
    ['date', mapping.layout !== 'dates' && mapping.date === ''],
    ['target', mapping.layout === 'long' && mapping.target === ''],
    ['value', mapping.layout !== 'long' && mapping.values.length === 0],
  ]
  return needed.filter(([, isMissing]) => isMissing).map(([role]) => role)
}

/** Turn a file to another layout; its columns get the roles that the layout has. */
export function withLayout(mapping: Mapping, layout: Mapping['layout'], columns: readonly ColumnGuess[]): Mapping {
  const date = columns.find(column => column.type === 'date')?.name ?? mapping.date
  const numbers = columns
    .filter(({ name, type, personal }) => type === 'number' && !personal && (layout === 'dates' || name !== date))
    .map(column => column.name)
  const texts = columns.filter(({ type, personal }) => type === 'text' && !personal).map(column => column.name)
  const empty: Mapping = { ...mapping, layout, date, target: 'value', ids: [], known: [], past: [], static: [], values: [] }
  switch (layout) {
    case 'wide': return { ...empty, values: numbers }
    case 'dates': return { ...empty, date: '', values: numbers, ids: texts }
    default: return { ...empty, target: mapping.values[0] ?? numbers[0] ?? '', ids: texts }
  }
}

/** What to begin with where the server found no mapping: its guesses, as far as they go. */
export function guessedMapping(columns: readonly ColumnGuess[], layout: Mapping['layout'], frequency: string | null): Mapping {
  const empty: Mapping = {
    date: '',
    target: layout === 'long' ? '' : 'value',
    ids: [],
    known: [],
    past: [],
    static: [],
    frequency,
    gaps: 'zero',
    layout,
    values: [],
    series: 'series_id',
    reading: {},
    fixes: {},
  }
  return columns.reduce((mapping, column) => withRole(mapping, column.name, column.role), empty)
}
