import type { EChartsOption, LineSeriesOption } from 'echarts'
import type { ForecastPoint, Point, SeriesForecast } from '@/api/types'
import type { Format, Step } from '@/format'
import type { Band } from './bands'
import type { ChartColours } from './colours'
import type { MarkRow } from './forecastMarks'
import { markedAt, markLines, markRows } from './forecastMarks'
import { forecastRows, intervalsOf } from './forecastRows'
import type { ForecastRow } from './forecastRows'
import type { TooltipLine } from './frame'
import { base, timeAxis, tooltip, tooltipText, valueAxis, zoom } from './frame'

export interface ForecastWords {
  history: string
  forecast: string
  actual: string
  error: string
  holiday: string
  /** The name of an interval, such as "80 % interval". */
  interval: (share: string) => string
}

export interface Setting {
  step: Step
  language: string
  format: Format
  colours: ChartColours
  isPhone: boolean
}

const HORIZONS_SHOWN = 4
const HORIZONS_ON_PHONE = 2
const LEAST_SHOWN = 8 // steps of history, however short the horizon is
const BAR = 14 // pixels: an interval of a single step has no width of its own
const TOP = 44
const TOP_ON_PHONE = 76 // the legend takes two rows there
const FEW = 62

type Pair = [number, number | null]

/** Draw history, forecast, its intervals and what really happened in one chart. */
export function forecastOption(series: SeriesForecast, words: ForecastWords, setting: Setting): EChartsOption {
  const { colours, format, language, step } = setting
  const { bands } = intervalsOf(series)
  const rows = forecastRows(series)
  const marks = markRows(series.marks, words.holiday, colours)
  const lines = [
    historyLine(series, words, setting),
    ...bands.flatMap((band, place) => {
      const colour = place === bands.length - 1 ? colours.bandInner : colours.bandOuter
      return bandLines(band, series.forecast, bandName(band, words, format), colour)
    }),
    ...knownLines(rows, words, colours, loneBands(series, bands, colours)),
    ...markLines(marks),
  ]
  return {
    ...base(colours),
    grid: { top: setting.isPhone ? TOP_ON_PHONE : TOP, right: 16, bottom: 44, left: 8, containLabel: true },
    legend: legendOf(series, words, bands, marks, setting),
    tooltip: { ...tooltip(colours), formatter: tooltipOf(series, words, marks, setting) },
    xAxis: timeAxis(colours, step, format, language),
    yAxis: [valueAxis(colours, format, isNeverNegative(series)), { type: 'value', min: 0, max: 1, show: false }],
    dataZoom: zoom(colours, firstShown(series, setting.isPhone ? HORIZONS_ON_PHONE : HORIZONS_SHOWN)),
    series: lines,
  }
}

function bandName(band: Band, words: ForecastWords, format: Format): string {
  return words.interval(format.percent(band.coverage, 1))
}

function pairs(points: readonly Point[]): Pair[] {
  return points.map(point => [Date.parse(point.date), point.value])
}

function historyLine(series: SeriesForecast, words: ForecastWords, setting: Setting): LineSeriesOption {
  const { colours, format, step } = setting
  const start = series.forecast[0]?.date
  const border: LineSeriesOption['markLine'] = {
    silent: true,
    symbol: 'none',
    lineStyle: { color: colours.inkFaint, type: 'dashed', width: 1 },
    label: { color: colours.inkFaint, formatter: start ? format.date(start, step) : '', position: 'end', distance: 4 },
    data: start ? [{ xAxis: Date.parse(start) }] : [],
  }
  return {
    name: words.history,
    type: 'line',
    data: pairs(series.history),
    showSymbol: false,
    connectNulls: false,
    sampling: 'lttb',
    lineStyle: { width: 1.5, color: colours.history },
    itemStyle: { color: colours.history },
    markLine: border,
    z: 3,
  }
}

/** A band is its lower edge, not drawn, with the rest stacked on top of it. */
function bandLines(band: Band, points: readonly ForecastPoint[], name: string, colour: string): LineSeriesOption[] {
  const shared: LineSeriesOption = {
    type: 'line',
    stack: name,
    stackStrategy: 'all',
    showSymbol: false,
    silent: true,
    symbol: 'none',
    emphasis: { disabled: true },
    lineStyle: { width: 0 },
    itemStyle: { color: colour },
    z: 1,
  }
  const low = points.map(point => [Date.parse(point.date), point.quantiles[band.low] ?? null] as Pair)
  const rise = points.map((point): Pair => {
    const above = point.quantiles[band.high]
    const below = point.quantiles[band.low]
    return [Date.parse(point.date), above === undefined || below === undefined ? null : above - below]
  })
  return [
    { ...shared, name: `${name} `, data: low },
    { ...shared, name, data: rise, areaStyle: { color: colour, opacity: 1 } },
  ]
}

/** The intervals of a single step, as upright bars: a band between one point and itself cannot be seen. */
function loneBands(series: SeriesForecast, bands: readonly Band[], colours: ChartColours): LineSeriesOption['markLine'] {
  const [point, ...others] = series.forecast
  if (!point || others.length > 0)
    return undefined
  const at = (level: string) => ({ coord: [Date.parse(point.date), point.quantiles[level] ?? null], symbol: 'none' })
  return {
    silent: true,
    symbol: 'none',
    label: { show: false },
    data: bands.map(({ low, high }, place) => {
      const color = place === bands.length - 1 ? colours.bandInner : colours.bandOuter
      return [{ ...at(low), lineStyle: { width: BAR, color, type: 'solid' as const } }, at(high)] as [object, object]
    }),
  }
}

function knownLines(
  rows: readonly ForecastRow[], words: ForecastWords, colours: ChartColours, lone: LineSeriesOption['markLine'],
): LineSeriesOption[] {
  const forecast: LineSeriesOption = {
    name: words.forecast,
    type: 'line',
    data: rows.map(row => [Date.parse(row.date), row.value]),
    showSymbol: rows.length === 1,
    lineStyle: { width: 2.25, color: colours.forecast },
    itemStyle: { color: colours.forecast },
    markLine: lone,
    z: 4,
  }
  if (rows.every(row => row.actual === null))
    return [forecast]
  const actual: LineSeriesOption = {
    name: words.actual,
    type: 'line',
    data: rows.map(row => [Date.parse(row.date), row.actual]),
    showSymbol: rows.length <= FEW,
    symbol: 'circle',
    symbolSize: 5,
    lineStyle: { width: 1.5, color: colours.actual },
    itemStyle: { color: colours.actual },
    z: 5,
  }
  return [forecast, actual]
}

function legendOf(
  series: SeriesForecast, words: ForecastWords, bands: Band[], marks: MarkRow[], { colours, format, isPhone }: Setting,
) {
  const line = 'path://M0 6h16v2H0z'
  const named = [
    { name: words.history, icon: line },
    { name: words.forecast, icon: line },
    ...bands.toReversed().map(band => ({ name: bandName(band, words, format), icon: 'roundRect' })),
    ...(series.actuals?.length ? [{ name: words.actual, icon: line }] : []),
    ...marks.map(({ name }) => ({ name, icon: 'path://M2 6h12v3H2z' })),
  ]
  return {
    data: named,
    top: 0,
    bottom: 'auto',
    left: 0,
    itemWidth: 16,
    itemHeight: 10,
    itemGap: isPhone ? 12 : 20,
    textStyle: { color: colours.ink },
    inactiveColor: colours.line,
  }
}

/** Sales start at zero; a series that falls below it, such as a temperature, shows its own range. */
function isNeverNegative(series: SeriesForecast): boolean {
  const { usual } = intervalsOf(series)
  return series.history.every(point => (point.value ?? 0) >= 0)
    && series.forecast.every(point => point.mean >= 0 && (usual ? point.quantiles[usual.low] ?? 0 : 0) >= 0)
}

function firstShown(series: SeriesForecast, horizons: number): number | undefined {
  const shown = series.history.slice(-Math.max(LEAST_SHOWN, horizons * series.forecast.length))
  const first = shown[0] ?? series.history[0]
  return first && Date.parse(first.date)
}

function forecastLines(
  row: ForecastRow, words: ForecastWords, usual: Band | undefined, colours: ChartColours, format: Format,
): TooltipLine[] {
  const { number } = format
  const interval = `${number(row.low)} – ${number(row.high)}`
  return [
    { colour: colours.forecast, name: words.forecast, value: number(row.value) },
    ...(usual ? [{ colour: colours.bandInner, name: bandName(usual, words, format), value: interval }] : []),
    ...(row.actual === null
      ? []
      : [
          { colour: colours.actual, name: words.actual, value: number(row.actual) },
          { colour: 'transparent', name: words.error, value: number(row.error) },
        ]),
  ]
}

function tooltipOf(
  series: SeriesForecast, words: ForecastWords, marks: MarkRow[], { colours, format, language, step }: Setting,
) {
  const rows = new Map(forecastRows(series).map(row => [Date.parse(row.date), row]))
  const history = new Map(pairs(series.history))
  const { usual } = intervalsOf(series)

  return (at: unknown): string => {
    const moment = momentOf(at)
    const lines: TooltipLine[] = []
    const row = rows.get(moment)
    if (history.has(moment))
      lines.push({ colour: colours.history, name: words.history, value: format.number(history.get(moment)) })
    if (row)
      lines.push(...forecastLines(row, words, usual, colours, format))
    for (const { colour, name, title } of markedAt(marks, moment, language.startsWith('zh')))
      lines.push({ colour, name: name === title ? '' : name, value: title })
    const weekday = step === 'day' || step === 'business' || step === 'hour' || step === 'minute'
    const title = `${format.date(moment, step)}${weekday ? ` ${format.weekday(moment)}` : ''}`
    return lines.length > 0 ? tooltipText(title, lines, colours) : ''
  }
}

/** The moment under the pointer, from what ECharts hands to a formatter. */
export function momentOf(at: unknown): number {
  const first: unknown = Array.isArray(at) ? at[0] : at
  if (typeof first === 'object' && first !== null && 'axisValue' in first)
    return Number(first.axisValue)
  return Number.NaN
}
