/** A forecast by the step, or summed over days, weeks or months; as figures or as shares. */
import type { PeriodTotal, Point, SeriesForecast } from '@/api/types'
import type { Step } from '@/format'

export type Unit = 'day' | 'week' | 'month'
export type Grain = 'step' | Unit

/** How much of a day, week or month is known or forecast. */
export interface Part {
  steps: number
  full: number
}

export interface Grained {
  /** As the chart draws it: without a last sum that holds only a part, which would look like a fall. */
  chart: SeriesForecast
  /** As the table lists it. */
  table: SeriesForecast
  /** Sums that hold only a part, by the moment they begin at. */
  parts: Map<number, Part>
}

export const UNITS: readonly Unit[] = ['day', 'week', 'month']
const DAY_MS = 86_400_000

export function unitsOf(series: SeriesForecast): Unit[] {
  return UNITS.filter(unit => (series.totals[unit]?.length ?? 0) > 0)
}

export function stepOfGrain(grain: Grain, own: Step): Step {
  return grain === 'step' ? own : grain
}

export function grained(series: SeriesForecast, grain: Grain): Grained {
  const totals = grain === 'step' ? undefined : series.totals[grain]
  if (grain === 'step' || !totals)
    return { chart: series, table: series, parts: new Map() }
  const before = sums(series.history, grain)
  const found = totals.map(total => summed(total, before.get(Date.parse(total.begin))))
  const begins = new Set(totals.map(total => Date.parse(total.begin)))
  const history = [...before].filter(([begin]) => !begins.has(begin))
    .map(([begin, { value }]) => ({ date: dateOf(begin), value }))
  const forecast = found.map(({ point }) => point)
  const actuals = found.flatMap(({ actual }) => actual ?? [])
  const parts = new Map(found.flatMap(({ part, point }) => part ? [[Date.parse(point.date), part] as const] : []))
  const table = { ...series, history, forecast, actuals: actuals.length > 0 ? actuals : null, marks: [] }
  const isCut = forecast.length > 1 && found.at(-1)?.part !== null
  return { chart: isCut ? { ...table, forecast: forecast.slice(0, -1) } : table, table, parts }
}

/** One sum of the forecast; the first also holds what was sold before the forecast begins, if all of it is known. */
function summed(total: PeriodTotal, before: Sum | undefined) {
  const known = before?.value == null ? { value: 0, steps: 0 } : { value: before.value, steps: before.steps }
  const date = dateOf(Date.parse(total.begin))
  const steps = known.steps + total.steps
  const quantiles = Object.entries(total.quantiles).map(([level, value]) => [level, value + known.value] as const)
  return {
    point: { date, mean: total.mean + known.value, quantiles: Object.fromEntries(quantiles) },
    actual: total.actual == null ? null : { date, value: total.actual + known.value },
    part: steps < total.full ? { steps, full: total.full } : null,
  }
}

function dateOf(moment: number): string {
  return new Date(moment).toISOString()
}

interface Sum {
  value: number | null
  steps: number
}

/** Sum the history by unit; the first sum is left out where the history begins in its midst. */
function sums(points: readonly Point[], unit: Unit): Map<number, Sum> {
  const found = new Map<number, Sum>()
  for (const { date, value } of points) {
    const begin = beginOf(Date.parse(date), unit)
    const sum = found.get(begin) ?? { value: 0, steps: 0 }
    found.set(begin, { value: sum.value === null || value === null ? null : sum.value + value, steps: sum.steps + 1 })
  }
  const first = points[0] && Date.parse(points[0].date)
  if (first !== undefined && beginOf(first, unit) < first)
    found.delete(beginOf(first, unit))
  return found
}

/** The moment at which a day, a week (on Monday) or a month begins. */
export function beginOf(moment: number, unit: Unit): number {
  const date = new Date(moment)
  if (unit === 'month')
    return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1)
  const day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())
  return unit === 'day' ? day : day - (date.getUTCDay() + 6) % 7 * DAY_MS
}

/** What 100 % is: the average of as many steps before the forecast as it has; null where that is not above 0. */
export function usualLevel(series: SeriesForecast): number | null {
  const known = series.history.flatMap(point => point.value ?? []).slice(-series.forecast.length)
  const mean = known.reduce((sum, value) => sum + value, 0) / known.length
  return mean > 0 ? mean : null
}

/** The same forecast with every figure as a share of a level. */
export function asShare(series: SeriesForecast, level: number): SeriesForecast {
  const share = (points: readonly Point[]) =>
    points.map(({ date, value }) => ({ date, value: value === null ? null : value / level }))
  return {
    ...series,
    history: share(series.history),
    actuals: series.actuals ? share(series.actuals) : null,
    forecast: series.forecast.map(({ date, mean, quantiles }) => ({
      date,
      mean: mean / level,
      quantiles: Object.fromEntries(Object.entries(quantiles).map(([key, value]) => [key, value / level])),
    })),
  }
}
