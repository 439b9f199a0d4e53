import { expect, test } from 'vitest'
import { membersOf } from './members'

test('the member that counts most comes first, with its weight for both kinds of series', () => {
  const manifest = {
    settings: { members: [{ name: 'lstm' }, { name: 'kan' }], weights: [[0.25, 0.75], [0.5, 0.5]] }, notes: [],
  }

  expect(membersOf(manifest)).toEqual([
    { name: 'kan', steady: 0.75, intermittent: 0.5 }, { name: 'lstm', steady: 0.25, intermittent: 0.5 },
  ])
})

test('a model that is no ensemble has no members', () => {
  expect(membersOf({ settings: {}, notes: [] })).toEqual([])
})
