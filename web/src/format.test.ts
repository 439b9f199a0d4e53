import { expect, test } from 'vitest'
import { digitsOfColumn, formatFor, stepOf } from './format'

const en = formatFor('en')
const zh = formatFor('zh-CN')

test('a pandas alias says what one step is', () => {
  expect(['D', 'W-FRI', '15min', 'h', 'MS', 'QE-DEC', 'B', '2h'].map(stepOf))
    .toEqual(['day', 'week', 'minute', 'hour', 'month', 'quarter', 'business', 'hour'])
})

test('dates of a series are read in UTC, whatever the clock of the machine', () => {
  expect(en.date('2025-01-03T00:00:00Z')).toBe('Jan 3, 2025')
  expect(zh.date('2025-01-03T00:00:00Z')).toBe('2025年1月3日')
  expect(zh.weekday('2025-01-03T00:00:00Z')).toBe('周五')
})

test('a date is as exact as its frequency', () => {
  expect(en.date('2025-01-03T05:00:00Z', 'hour')).toBe('Jan 3, 2025, 05:00')
  expect(en.date('2025-01-31T00:00:00Z', 'month')).toBe('Jan 2025')
})

test('figures keep about three digits', () => {
  expect([1234.56, 123.4, 12.34, 1.234, 7].map(value => en.number(value)))
    .toEqual(['1,235', '123', '12.3', '1.23', '7'])
  expect(en.number(null)).toBe('–')
})

test('the figures of one column have the same decimals', () => {
  expect(digitsOfColumn([1, 2, null])).toBe(0)
  expect(digitsOfColumn([0.5, 1])).toBe(2)
  expect(digitsOfColumn([12.5, 3])).toBe(1)
  expect(digitsOfColumn([1200.5, 3])).toBe(0)
})

test('durations and sizes use the units that matter', () => {
  expect(en.duration(0.043)).toBe('43 ms')
  expect(en.duration(3.21)).toBe('3.2 sec')
  expect(en.duration(75)).toBe('1 min 15 sec')
  expect(en.duration(7260)).toBe('2 hr 1 min')
  expect(en.bytes(48_300_000)).toBe('48 MB')
  expect(en.bytes(0)).toBe('0 byte')
})
