/** One row per step of a forecast: what the table shows, and what the chart's tooltip looks up. */
import type { SeriesForecast } from '@/api/types'
import type { Band } from './bands'
import { bandsOf, medianKey, usualBand } from './bands'

export interface ForecastRow {
  date: string
  /** The median where the forecast has one, else the mean. */
  value: number
  mean: number
  low: number | null
  high: number | null
  actual: number | null
  /** Forecast minus actual. */
  error: number | null
}

export interface Intervals {
  bands: Band[]
  usual: Band | undefined
  median: string | undefined
}

export function intervalsOf(series: SeriesForecast): Intervals {
  const keys = Object.keys(series.forecast[0]?.quantiles ?? {})
  const bands = bandsOf(keys)
  return { bands, usual: usualBand(bands), median: medianKey(keys) }
}

export function forecastRows(series: SeriesForecast): ForecastRow[] {
  const { usual, median } = intervalsOf(series)
  const actuals = new Map(series.actuals?.map(point => [Date.parse(point.date), point.value]))
  return series.forecast.map((point) => {
    const value = (median === undefined ? undefined : point.quantiles[median]) ?? point.mean
    const actual = actuals.get(Date.parse(point.date)) ?? null
    return {
      date: point.date,
      value,
      mean: point.mean,
      low: usual ? point.quantiles[usual.low] ?? null : null,
      high: usual ? point.quantiles[usual.high] ?? null : null,
      actual,
      error: actual === null ? null : value - actual,
    }
  })
}

/** A tab-separated table, as a spreadsheet takes it from the clipboard. */
export function rowsAsText(rows: readonly ForecastRow[], titles: readonly string[]): string {
  const lines = rows.map(row => [
    row.date.slice(0, 19).replace('T00:00:00', ''), row.value, row.low, row.high, row.actual,
  ].map(cell => cell ?? '').join('\t'))
  return [titles.join('\t'), ...lines].join('\n')
}
