import type { EChartsOption } from 'echarts'
import type { Setting } from './forecastOption'
import { momentOf } from './forecastOption'
import { base, timeAxis, tooltip, tooltipText, valueAxis } from './frame'

export interface ReportLine {
  name: string
  kind: 'own' | 'naive' | 'raw'
  /** Step or moment, and the figure there. */
  points: [number, number | null][]
}

interface Axis {
  /** By step of the horizon, or over time. */
  kind: 'step' | 'time'
  title: (at: number) => string
  write: (value: number | null | undefined) => string
  /** Where the figure should be, such as 0.8 for the coverage of an 80 % interval. */
  goal?: number
}

/** Draw one figure of a report, beside that of seasonal naive where there is one. */
export function reportOption(lines: readonly ReportLine[], axis: Axis, setting: Setting): EChartsOption {
  const { colours, format, language, step } = setting
  const colourOf = { own: colours.forecast, naive: colours.inkFaint, raw: colours.actual }
  const isPositive = lines.every(line => line.points.every(([, value]) => (value ?? 0) >= 0))
  const steps = {
    type: 'value' as const,
    min: 1,
    max: Math.max(2, ...lines.flatMap(line => line.points.map(([at]) => at))),
    minInterval: 1,
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: { color: colours.inkFaint },
  }
  const goal = axis.goal === undefined
    ? undefined
    : {
        silent: true,
        symbol: 'none',
        label: { show: false },
        lineStyle: { color: colours.inkFaint, type: 'dashed' as const },
        data: [{ yAxis: axis.goal }],
      }
  return {
    ...base(colours),
    grid: { top: 36, right: 16, bottom: 4, left: 8, containLabel: true },
    legend: {
      top: 0, bottom: 'auto', left: 0, itemWidth: 16, itemHeight: 10, icon: 'path://M0 6h16v2H0z',
      textStyle: { color: colours.ink },
    },
    tooltip: {
      ...tooltip(colours),
      formatter: (at: unknown) => {
        const place = momentOf(at)
        const known = lines.map(line =>
          ({ colour: colourOf[line.kind], name: line.name, value: axis.write(valueAt(line, place)) }))
        return tooltipText(axis.title(place), known, colours)
      },
    },
    xAxis: axis.kind === 'step' ? steps : timeAxis(colours, step, format, language),
    yAxis: {
      ...valueAxis(colours, format, isPositive),
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: colours.inkFaint, formatter: axis.write },
    },
    series: lines.map(line => ({
      name: line.name,
      type: 'line' as const,
      data: line.points,
      showSymbol: line.points.length === 1,
      connectNulls: false,
      lineStyle: { width: line.kind === 'own' ? 2 : 1.25, color: colourOf[line.kind] },
      itemStyle: { color: colourOf[line.kind] },
      ...(line.kind === 'own' && goal ? { markLine: goal } : {}),
    })),
  }
}

function valueAt(line: ReportLine, place: number): number | null | undefined {
  return line.points.find(([at]) => at === place)?.[1]
}

/** The figures that a report can be looked at by, and what stands beside each. */
export const REPORTED = [
  { name: 'wql', beside: 'wql_seasonal_naive', kind: 'naive' as const },
  { name: 'wape' },
  { name: 'bias' },
  { name: 'coverage80', beside: 'coverage80_raw', kind: 'raw' as const, goal: 0.8 },
] as const

export type Reported = typeof REPORTED[number]['name']
