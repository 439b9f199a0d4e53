import { expect, test } from 'vitest'
import type { Column } from './columns'
import { sorted } from './columns'

const size: Column<{ size: number | null }> = { key: 'size', title: 'Size', value: row => row.size }

test('rows without a value come last in both directions', () => {
  const rows = [{ size: null }, { size: 2 }, { size: 1 }]

  expect(sorted(rows, size, false).map(row => row.size)).toEqual([1, 2, null])
  expect(sorted(rows, size, true).map(row => row.size)).toEqual([2, 1, null])
})

test('names with numbers are sorted as a person would', () => {
  const name: Column<string> = { key: 'name', title: 'Name', value: row => row }

  expect(sorted(['v10', 'v9', 'v1'], name, false)).toEqual(['v1', 'v9', 'v10'])
})
