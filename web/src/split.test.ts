import { expect, test } from 'vitest'
import type { Split } from './api/types'
import { partsOf, plannedParts } from './split'

const dataset = { start: '2024-01-01T00:00:00Z', end: '2024-12-31T00:00:00Z', frequency: 'D' }

function written(parts: ReturnType<typeof plannedParts>): string[] {
  return parts.map(({ name, start, end }) =>
    [name, ...[start, end].map(at => new Date(at).toISOString().slice(0, 10))].join(' '))
}

test('test and validation are the last steps, one after the other', () => {
  expect(written(plannedParts(dataset, 30, 10))).toEqual([
    'train 2024-01-01 2024-11-21', 'validation 2024-11-22 2024-12-21', 'test 2024-12-22 2024-12-31',
  ])
})

test('without validation steps each series validates with its own end', () => {
  expect(written(plannedParts(dataset, null, 0))).toEqual(['learn 2024-01-01 2024-12-31'])
  expect(written(plannedParts(dataset, null, 31)))
    .toEqual(['learn 2024-01-01 2024-11-30', 'test 2024-12-01 2024-12-31'])
})

test('a split that leaves nothing has no parts', () => {
  expect(plannedParts(dataset, 300, 100)).toEqual([])
})

test('the split of the server is written the same way', () => {
  const split: Split = {
    train_start: '2024-01-01T00:00:00Z',
    train_end: '2024-11-21T00:00:00Z',
    validation_end: '2024-12-21T00:00:00Z',
    test_end: '2024-12-31T00:00:00Z',
    train_steps: 326,
    validation_steps: 30,
    test_steps: 10,
  }

  expect(written(partsOf(split, 'D'))).toEqual(written(plannedParts(dataset, 30, 10)))
  expect(partsOf({ ...split, test_steps: 0 }, 'D').map(part => part.name)).toEqual(['train', 'validation'])
})
