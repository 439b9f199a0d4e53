import { expect, test } from 'vitest'
import { columnsOf, levelsOf, scopeKeys, scopeOf, seriesName } from './series'

test('a scope gives back the ids that it was made of', () => {
  const scope = scopeOf('product', true, { product_id: 'P001' })

  expect(scope).toEqual({ level: 'product', total: true, product_id: 'P001' })
  expect(scopeKeys(scope)).toEqual({ product_id: 'P001' })
})

test('a dataset without products has no such level', () => {
  expect(levelsOf(['store_id', 'product_id'])).toEqual(['product', 'store', 'series', 'global'])
  expect(levelsOf(['family'])).toEqual(['series', 'global'])
  expect(levelsOf([])).toEqual(['global'])
})

test('a level asks for its own columns', () => {
  expect(columnsOf('product', ['store_id', 'product_id'])).toEqual(['product_id'])
  expect(columnsOf('series', ['store_id', 'product_id'])).toEqual(['store_id', 'product_id'])
  expect(columnsOf('global', ['store_id'])).toEqual([])
})

test('a series is named by its ids, the sum of all by its word', () => {
  expect(seriesName({ store_id: 'S001', product_id: 'P001' }, 'All')).toBe('S001 · P001')
  expect(seriesName({}, 'All')).toBe('All')
})
