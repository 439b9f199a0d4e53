/** Names of series, from the values of their id columns. */
import type { Keys, Level, Scope } from './api/types'

/** `S001 · P001`, or the given word for the sum of all, which has no keys. */
export function seriesName(keys: Keys, ofAll: string): string {
  return Object.values(keys).join(' · ') || ofAll
}

/** The ids that a scope chooses, without what else it says. */
export function scopeKeys(scope: Scope): Keys {
  const ids = Object.entries(scope).filter(([name]) => name !== 'level' && name !== 'total')
  return Object.fromEntries(ids.map(([name, value]) => [name, String(value)]))
}

export function scopeOf(level: Level, total: boolean, keys: Keys): Scope {
  return Object.assign({ level, total }, keys)
}

/** The levels that a dataset has: products and shops need their column, series any id. */
export function levelsOf(ids: readonly string[]): Level[] {
  const has: [Level, boolean][] = [
    ['product', ids.includes('product_id')],
    ['store', ids.includes('store_id')],
    ['series', ids.length > 0],
    ['global', true],
  ]
  return has.filter(([, isThere]) => isThere).map(([level]) => level)
}

/** The id columns that a level asks for. */
export function columnsOf(level: Level, ids: readonly string[]): string[] {
  switch (level) {
    case 'product': return ['product_id']
    case 'store': return ['store_id']
    case 'series': return [...ids]
    default: return []
  }
}
