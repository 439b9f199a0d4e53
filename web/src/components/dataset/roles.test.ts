import { expect, test } from 'vitest'
import type { ColumnGuess } from '@/api/types'
import { guessedMapping, missingRoles, roleIn, rolesFor, withRole } from './roles'

function column(name: string, role: ColumnGuess['role']): ColumnGuess {
  return { name, role, type: 'text', examples: [], confidence: 1, reason: '', personal: false }
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
