import { expect, test } from 'vitest'
import type { SeriesForecast } from '@/api/types'
import { asShare, beginOf, grained, unitsOf, usualLevel } from './forecastGrain'

const DAY_MS = 86_400_000
const WEDNESDAY = Date.UTC(2025, 0, 29)
const MONDAY = Date.UTC(2025, 0, 27)

function day(offset: number): string {
  return new Date(WEDNESDAY + offset * DAY_MS).toISOString()
}

function total(begin: number, steps: number, mean: number, actual: number | null = null) {
  const quantiles = { 0.1: mean - 5, 0.9: mean + 5 }
  return { begin: new Date(begin).toISOString(), steps, full: 7, mean, quantiles, actual }
}

/** Nine days of history, the first a Monday, and a forecast of 14 days from a Wednesday. */
function series(part: Partial<SeriesForecast> = {}): SeriesForecast {
  return {
    keys: {},
    history: Array.from({ length: 9 }, (_, place) => ({ date: day(place - 9), value: 10 })),
    forecast: Array.from({ length: 14 }, (_, place) =>
      ({ date: day(place), mean: 12, quantiles: { 0.1: 8, 0.9: 16 } })),
    actuals: null,
    total: { mean: 168, quantiles: {}, actual: null },
    totals: {
      week: [total(MONDAY, 5, 60), total(MONDAY + 7 * DAY_MS, 7, 84), total(MONDAY + 14 * DAY_MS, 2, 24)],
    },
    marks: [],
    analysis: {},
    ...part,
  }
}

test('only the units that a forecast has totals of are offered', () => {
  expect(unitsOf(series())).toEqual(['week'])
  expect(unitsOf(series({ totals: {} }))).toEqual([])
})

test('the week in which the forecast begins counts what was sold before', () => {
  const { table } = grained(series(), 'week')

  expect(table.history).toEqual([{ date: new Date(MONDAY - 7 * DAY_MS).toISOString(), value: 70 }])
  expect(table.forecast[0]).toEqual({
    date: new Date(MONDAY).toISOString(), mean: 80, quantiles: { 0.1: 75, 0.9: 85 },
  })
})

test('the interval of a week is that of its paths, not the sum of its days', () => {
  expect(grained(series(), 'week').table.forecast[1]?.quantiles).toEqual({ 0.1: 79, 0.9: 89 })
})

test('a last week that holds only a part is listed, and not drawn as a fall', () => {
  const { chart, table, parts } = grained(series(), 'week')

  expect([chart.forecast.length, table.forecast.length]).toEqual([2, 3])
  expect([...parts]).toEqual([[MONDAY + 14 * DAY_MS, { steps: 2, full: 7 }]])
})

test('a first week with a missing value says how little it holds', () => {
  const history = series().history.map((point, place) => place === 8 ? { ...point, value: null } : point)

  expect(grained(series({ history }), 'week').parts.get(MONDAY)).toEqual({ steps: 5, full: 7 })
})

test('a history that begins in the midst of a week leaves that week out, and a gap makes a week unknown', () => {
  const long = Array.from({ length: 19 }, (_, place) => ({ date: day(place - 19), value: place === 6 ? null : 10 }))

  expect(grained(series({ history: long }), 'week').table.history.map(point => point.value)).toEqual([null, 70])
})

test('actual weeks are summed like the forecast', () => {
  const totals = { week: [total(MONDAY, 5, 60, 55), total(MONDAY + 7 * DAY_MS, 7, 84)] }

  expect(grained(series({ totals }), 'week').table.actuals).toEqual([{ date: new Date(MONDAY).toISOString(), value: 75 }])
})

test('by the step, nothing is changed', () => {
  const own = series()

  expect(grained(own, 'step')).toEqual({ chart: own, table: own, parts: new Map() })
})

test('weeks begin on Monday, months on the first', () => {
  expect(beginOf(WEDNESDAY + 5 * 3_600_000, 'day')).toBe(WEDNESDAY)
  expect(beginOf(WEDNESDAY, 'week')).toBe(MONDAY)
  expect(beginOf(MONDAY - 1, 'week')).toBe(MONDAY - 7 * DAY_MS)
  expect(beginOf(WEDNESDAY, 'month')).toBe(Date.UTC(2025, 0, 1))
})

test('shares are of the average before the forecast', () => {
  const level = usualLevel(series())
  const shares = asShare(series(), level ?? Number.NaN)

  expect(level).toBe(10)
  expect(shares.forecast[0]).toEqual({ date: day(0), mean: 1.2, quantiles: { 0.1: 0.8, 0.9: 1.6 } })
  expect(shares.history[0]?.value).toBe(1)
})

test('where the average is not above zero, shares make no sense', () => {
  expect(usualLevel(series({ history: [{ date: day(-1), value: -4 }] }))).toBeNull()
  expect(usualLevel(series({ history: [] }))).toBeNull()
})
