import { expect, test } from 'vitest'
import type { ColumnGuess } from '@/api/types'
import { columnsIn, guessedMapping, missingRoles, roleIn, rolesFor, withLayout, withRole } from './roles'

function column(name: string, role: ColumnGuess['role']): ColumnGuess {
  return { name, role, type: 'text', examples: [], confidence: 1, reason: '', sentences: [], personal: false }
}

const mapping = guessedMapping(
  [column('day', 'date'), column('sold', 'target'), column('shop', 'id'), column('price', 'known'), column('note', 'ignore')],
  'long', 'D',
)

test('guesses become a mapping', () => {
  expect(mapping).toMatchObject({ date: 'day', target: 'sold', ids: ['shop'], known: ['price'], frequency: 'D' })
  expect(['day', 'sold', 'shop', 'price', 'note'].map(name => roleIn(mapping, name)))
    .toEqual(['date', 'target', 'id', 'known', 'ignore'])
})

test('the columns of a mapping are those that play a role', () => {
  expect(columnsIn(mapping)).toEqual(['day', 'sold', 'shop', 'price'])
  expect(columnsIn({ ...mapping, layout: 'dates', date: '2024-01-01', values: ['d_1'] })).toEqual(['shop', 'price', 'd_1'])
})

test('a new target takes the role from the old one', () => {
  const changed = withRole(mapping, 'price', 'target')

  expect(changed.target).toBe('price')
  expect(changed.known).toEqual([])
  expect(roleIn(changed, 'sold')).toBe('ignore')
})

test('a role that was taken away is missed', () => {
  expect(missingRoles(withRole(mapping, 'day', 'ignore'))).toEqual(['date'])
  expect(missingRoles(mapping)).toEqual([])
})

test('a wide file has values, and no target column', () => {
  const wide = guessedMapping([column('day', 'date'), column('S001', 'value')], 'wide', null)

  expect(missingRoles(wide)).toEqual([])
  expect(roleIn(wide, 'S001')).toBe('value')
  expect(rolesFor('wide')).not.toContain('target')
  expect(rolesFor('long')).not.toContain('value')
})

test('where each column is a date, no column of dates is missed', () => {
  const dates = guessedMapping([column('shop', 'id'), column('d_1', 'value')], 'dates', null)

  expect(missingRoles(dates)).toEqual([])
  expect(missingRoles(withRole(dates, 'd_1', 'ignore'))).toEqual(['value'])
  expect(rolesFor('dates')).not.toContain('date')
})

test('another layout gives the columns the roles that it has', () => {
  const columns = [
    { ...column('day', 'date'), type: 'date' as const },
    column('shop', 'id'),
    { ...column('P1', 'target'), type: 'number' as const },
    { ...column('phone', 'ignore'), type: 'number' as const, personal: true },
  ]

  const wide = withLayout(mapping, 'wide', columns)
  expect(wide).toMatchObject({ layout: 'wide', date: 'day', target: 'value', values: ['P1'], ids: [] })
  expect(withLayout(wide, 'long', columns)).toMatchObject({ layout: 'long', date: 'day', target: 'P1', ids: ['shop'] })
  expect(withLayout(wide, 'dates', columns)).toMatchObject({ date: '', values: ['P1'], ids: ['shop'] })
})
