import { expect, test } from 'vitest'
import type { Property } from './schema'
import { changedOf, defaultsOf, isOutOfBounds, propertiesOf, rangeOf, wordsOf } from './schema'

const layers: Property = {
  type: 'integer', default: 2, minimum: 1, maximum: 8, title: 'Layers', title_zh: '层数', description: 'Depth.',
}
const schema = {
  properties: {
    layers,
    rate: { type: 'number', default: 0.001, exclusiveMinimum: 0, maximum: 1, title: 'Rate' },
    tree: { type: 'object', properties: {} },
  },
}

test('what cannot be drawn is left to the server', () => {
  expect(propertiesOf(schema).map(one => one.name)).toEqual(['layers', 'rate'])
  expect(propertiesOf({})).toEqual([])
})

test('only what differs from its default is sent', () => {
  const properties = propertiesOf(schema)

  expect(changedOf(properties, defaultsOf(properties))).toEqual({})
  expect(changedOf(properties, { layers: 3, rate: 0.001 })).toEqual({ layers: 3 })
})

test('words come in the language of the app, and in English where it has none', () => {
  expect(wordsOf(layers, 'zh-CN')).toEqual({ title: '层数', description: 'Depth.' })
  expect(wordsOf(layers, 'en').title).toBe('Layers')
})

test('bounds are kept and told', () => {
  expect([0, 1, 8, 9, 2.5].map(value => isOutOfBounds(layers, value))).toEqual([true, false, false, true, true])
  expect(rangeOf(layers)).toBe('1 – 8')
  expect(rangeOf({ type: 'number', default: 1, exclusiveMinimum: 0, maximum: 1, title: '' })).toBe('> 0, ≤ 1')
})
