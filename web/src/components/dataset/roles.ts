/** Which column plays which role: between the server's mapping and the chips on the column heads. */
import type { ColumnGuess, Mapping } from '@/api/types'

export type Role = ColumnGuess['role']

export const ROLES: Role[] = ['date', 'target', 'id', 'known', 'past', 'static', 'value', 'ignore']
const LISTS = { id: 'ids', known: 'known', past: 'past', static: 'static', value: 'values' } as const
const ONLY_ONE: Role[] = ['date', 'target']

export function roleIn(mapping: Mapping, column: string): Role {
  if (mapping.date === column)
    return 'date'
  if (mapping.layout === 'long' && mapping.target === column)
    return 'target'
  const found = Object.entries(LISTS).find(([, list]) => mapping[list].includes(column))
  return found ? found[0] as Role : 'ignore'
}

/** A wide file has its values in many columns and so no target; a long one the other way round. */
export function rolesFor(layout: Mapping['layout']): Role[] {
  const other: Role = layout === 'long' ? 'value' : 'target'
  return ROLES.filter(role => role !== other)
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
  return ONLY_ONE.filter(role => mapping[role as 'date' | 'target'] === '')
}

/** What to begin with where the server found no mapping: its guesses, as far as they go. */
export function guessedMapping(columns: readonly ColumnGuess[], layout: Mapping['layout'], frequency: string | null): Mapping {
  const empty: Mapping = {
    date: '',
    target: layout === 'wide' ? 'value' : '',
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
