// @vitest-environment happy-dom
import type { LineSeriesOption } from 'echarts'
import { expect, test } from 'vitest'
import type { SeriesForecast } from '@/api/types'
import { formatFor } from '@/format'
import { forecastOption, momentOf } from './forecastOption'
import { forecastRows, rowsAsText } from './forecastRows'

const DAY_MS = 86_400_000
const START = Date.UTC(2025, 0, 29)

function day(offset: number): string {
  return new Date(START + offset * DAY_MS).toISOString()
}

function forecastOf(part: Partial<SeriesForecast> = {}): SeriesForecast {
  return {
    totals: {},
    marks: [],
    keys: { store_id: 'S001' },
    history: Array.from({ length: 28 }, (_, place) => ({ date: day(place - 28), value: place === 5 ? null : place })),
    forecast: [10, 12].map((mean, place) => ({
      date: day(place),
      mean,
      quantiles: { 0.025: mean - 4, 0.1: mean - 2, 0.5: mean + 1, 0.9: mean + 2, 0.975: mean + 4 },
    })),
    actuals: null,
    total: { mean: 22, quantiles: {}, actual: null },
    analysis: {},
    ...part,
  }
}

const words = {
  history: 'History', forecast: 'Forecast', actual: 'Actual', error: 'Error', holiday: 'Holiday',
  interval: (share: string) => `${share} interval`,
}
const colours = {
  ink: '#000',
  inkFaint: '#666',
  line: '#ddd',
  surface: '#fff',
  surfaceSunk: '#eee',
  history: '#345',
  forecast: '#0f7',
  actual: '#e50',
  bandInner: '#cfe',
  bandOuter: '#eff',
  marks: ['#c7a', '#5be'],
  font: 'sans',
}
const setting = { step: 'day' as const, language: 'en', format: formatFor('en'), colours, isPhone: false }

function linesOf(series: SeriesForecast): LineSeriesOption[] {
  const { series: lines } = forecastOption(series, words, setting)
  return (Array.isArray(lines) ? lines : []) as LineSeriesOption[]
}

test('history, both bands and the forecast stand in one chart', () => {
  expect(linesOf(forecastOf()).map(line => line.name))
    .toEqual(['History', '95% interval ', '95% interval', '80% interval ', '80% interval', 'Forecast'])
})

test('a band reaches from its low to its high quantile', () => {
  const [low, rise] = linesOf(forecastOf()).filter(line => line.stack === '80% interval')

  expect(low?.data).toEqual([[START, 8], [START + DAY_MS, 10]])
  expect(rise?.data).toEqual([[START, 4], [START + DAY_MS, 4]])
})

test('no line runs through a missing value', () => {
  const history = linesOf(forecastOf())[0]

  expect(history?.connectNulls).toBe(false)
  expect((history?.data as [number, number | null][])[5]?.[1]).toBeNull()
})

test('actual values get a line of their own where they are known', () => {
  const actual = linesOf(forecastOf({ actuals: [{ date: day(0), value: 9 }] })).at(-1)

  expect(actual?.name).toBe('Actual')
  expect(actual?.data).toEqual([[START, 9], [START + DAY_MS, null]])
})

test('sales start at zero, what falls below it shows its own range', () => {
  const cold = forecastOf({ history: [{ date: day(-1), value: -5 }] })

  expect(forecastOption(forecastOf(), words, setting).yAxis).toMatchObject([{ min: 0 }, { show: false }])
  expect(forecastOption(cold, words, setting).yAxis).toMatchObject([{ scale: true }, { show: false }])
})

test('the last four horizons of history are shown at first', () => {
  const { dataZoom } = forecastOption(forecastOf(), words, setting)

  expect(dataZoom).toMatchObject([{ startValue: START - 8 * DAY_MS }, { startValue: START - 8 * DAY_MS }])
})

test('a single step shows its intervals as bars, and enough history to compare it with', () => {
  const one = forecastOf({ forecast: forecastOf().forecast.slice(0, 1) })
  const line = linesOf(one).find(found => found.name === 'Forecast')

  expect(line?.markLine?.data).toMatchObject([
    [{ coord: [START, 6] }, { coord: [START, 14] }], [{ coord: [START, 8] }, { coord: [START, 12] }],
  ])
  expect(linesOf(forecastOf()).find(found => found.name === 'Forecast')?.markLine).toBeUndefined()
  expect(forecastOption(one, words, setting).dataZoom).toMatchObject([{ startValue: START - 8 * DAY_MS }, {}])
})

test('the tooltip tells date, weekday, forecast, interval, actual and error', () => {
  const { tooltip } = forecastOption(forecastOf({ actuals: [{ date: day(0), value: 9 }] }), words, setting)
  const write = (tooltip as { formatter: (at: unknown) => string }).formatter
  const text = write([{ axisValue: START }])

  for (const part of ['Jan 29, 2025 Wed', '11', '8 – 12', '9', 'Error'])
    expect(text).toContain(part)
  expect(write([{ axisValue: START + 9 * DAY_MS }])).toBe('')
})

const marked = {
  marks: [
    { first: day(-2), last: day(-1), title: 'promotion', title_zh: 'promotion', column: 'promotion' },
    { first: day(0), last: day(0), title: 'Spring <Festival>', title_zh: '春节', column: null },
  ],
}

test('holidays and promotions are marked on an axis of their own, so that values keep theirs', () => {
  const rows = linesOf(forecastOf(marked)).filter(line => line.yAxisIndex === 1)

  expect(rows.map(line => line.name)).toEqual(['Holiday', 'promotion'])
  expect((rows[1]?.data as [number, number | null][]).map(([moment]) => moment))
    .toEqual([START - 2 * DAY_MS, START - DAY_MS, START - DAY_MS + 1])
})

test('the tooltip names the holiday in the language of the page, and as a text', () => {
  const write = (language: string) => {
    const { tooltip } = forecastOption(forecastOf(marked), words, { ...setting, language })
    return (tooltip as { formatter: (at: unknown) => string }).formatter([{ axisValue: START }])
  }

  expect(write('zh-CN')).toContain('春节')
  expect(write('en')).toContain('Spring &lt;Festival>')
})

test('the pointer says its moment in whatever shape it comes', () => {
  expect(momentOf({ axisValue: 5 })).toBe(5)
  expect(momentOf([{ axisValue: '7' }])).toBe(7)
  expect(momentOf(null)).toBeNaN()
})

test('the median is the forecast, and the error counts against it', () => {
  const rows = forecastRows(forecastOf({ actuals: [{ date: day(0), value: 9 }] }))

  expect(rows[0]).toMatchObject({ value: 11, low: 8, high: 12, actual: 9, error: 2 })
  expect(rows[1]).toMatchObject({ value: 13, actual: null, error: null })
})

test('a table that is copied has one line per step', () => {
  const text = rowsAsText(forecastRows(forecastOf()), ['Date', 'Forecast', 'Low', 'High', 'Actual'])

  expect(text.split('\n')).toEqual([
    'Date\tForecast\tLow\tHigh\tActual', '2025-01-29\t11\t8\t12\t', '2025-01-30\t13\t10\t14\t',
  ])
})
