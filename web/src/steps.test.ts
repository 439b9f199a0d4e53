import { expect, test } from 'vitest'
import { stepsBefore } from './steps'

function before(day: string, frequency: string, steps: number): string {
  return new Date(stepsBefore(Date.parse(`${day}Z`), frequency, steps)).toISOString().slice(0, 16)
}

test('steps are counted on the calendar of each frequency', () => {
  expect(before('2026-03-01T00:00', 'D', 1)).toBe('2026-02-28T00:00')
  expect(before('2026-03-01T00:00', '2D', 3)).toBe('2026-02-23T00:00')
  expect(before('2026-03-01T06:00', 'h', 7)).toBe('2026-02-28T23:00')
  expect(before('2026-03-01T00:00', '15min', 2)).toBe('2026-02-28T23:30')
  expect(before('2026-03-01T00:00', 'W-SUN', 2)).toBe('2026-02-15T00:00')
  expect(before('2026-01-01T00:00', 'MS', 2)).toBe('2025-11-01T00:00')
  expect(before('2026-01-01T00:00', 'QS', 1)).toBe('2025-10-01T00:00')
  expect(before('2026-01-01T00:00', 'YS', 3)).toBe('2023-01-01T00:00')
})

test('a month that ends stays at its end', () => {
  expect(before('2026-04-30T00:00', 'ME', 1)).toBe('2026-03-31T00:00')
  expect(before('2026-03-31T00:00', 'ME', 1)).toBe('2026-02-28T00:00')
})

test('a weekend is no working day', () => {
  expect(before('2026-11-23T00:00', 'B', 1)).toBe('2026-11-20T00:00') // a Monday
  expect(before('2026-11-20T00:00', 'B', 5)).toBe('2026-11-13T00:00')
})
