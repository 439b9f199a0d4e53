/** What all charts share: axes, tooltip, zoom, in the colours and the language of the app. */
import type { EChartsOption } from 'echarts'
import type { Format, Step } from '@/format'
import type { ChartColours } from './colours'

export const ANIMATION_MS = 300

export function base(colours: ChartColours): EChartsOption {
  const isStill = globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches
  return {
    animation: !isStill,
    animationDuration: ANIMATION_MS,
    animationDurationUpdate: ANIMATION_MS,
    useUTC: true,
    textStyle: { fontFamily: colours.font, fontSize: 12 },
    aria: { enabled: false }, // the frame carries our own words
  }
}

export function tooltip(colours: ChartColours) {
  return {
    trigger: 'axis' as const,
    backgroundColor: colours.surface,
    borderColor: colours.line,
    borderWidth: 1,
    padding: [10, 12],
    textStyle: { color: colours.ink, fontSize: 12, fontFamily: colours.font },
    axisPointer: { type: 'line' as const, lineStyle: { color: colours.inkFaint, width: 1 } },
    confine: true,
    transitionDuration: 0,
  }
}

/** Label a tick by what is new at it: the year, the month, the day or the hour. */
export function tickLabel(value: number, step: Step, format: Format, language: string): string {
  const date = new Date(value)
  if (date.getUTCHours() + date.getUTCMinutes() > 0 && (step === 'hour' || step === 'minute'))
    return date.toISOString().slice(11, 16)
  if (date.getUTCDate() !== 1)
    return format.shortDate(value)
  const options = date.getUTCMonth() === 0 ? { year: 'numeric' } as const : { month: 'short' } as const
  return new Intl.DateTimeFormat(language, { ...options, timeZone: 'UTC' }).format(date)
}

export function timeAxis(colours: ChartColours, step: Step, format: Format, language: string) {
  return {
    type: 'time' as const,
    axisLine: { lineStyle: { color: colours.line } },
    axisTick: { show: false },
    splitLine: { show: false },
    axisLabel: {
      color: colours.inkFaint,
      hideOverlap: true,
      formatter: (value: number) => tickLabel(value, step, format, language),
    },
  }
}

export function valueAxis(colours: ChartColours, format: Format, isFromZero: boolean) {
  return {
    type: 'value' as const,
    ...(isFromZero ? { min: 0 } : { scale: true }),
    splitNumber: 4,
    axisLabel: { color: colours.inkFaint, formatter: (value: number) => format.number(value) },
    splitLine: { lineStyle: { color: colours.line } },
  }
}

/** Zoom by wheel and touch, and by a slider below. `from` is the first moment shown at the start. */
export function zoom(colours: ChartColours, from: number | undefined) {
  const slider = {
    type: 'slider' as const,
    startValue: from,
    height: 22,
    bottom: 4,
    left: 48,
    right: 16,
    borderColor: 'transparent',
    backgroundColor: colours.surfaceSunk,
    fillerColor: colours.bandOuter,
    handleStyle: { color: colours.surface, borderColor: colours.inkFaint },
    moveHandleSize: 0,
    dataBackground: { lineStyle: { color: colours.inkFaint, width: 0.5 }, areaStyle: { color: colours.line } },
    selectedDataBackground: {
      lineStyle: { color: colours.forecast, width: 0.5 },
      areaStyle: { color: colours.bandInner },
    },
    brushSelect: false,
    showDetail: false,
  }
  return [{ type: 'inside' as const, startValue: from, preventDefaultMouseMove: false }, slider]
}

export interface TooltipLine {
  colour: string
  name: string
  value: string
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}

/** Lay out a tooltip. Its texts may be names of columns, which anybody can choose, so they stay texts. */
export function tooltipText(title: string, lines: TooltipLine[], colours: ChartColours): string {
  const rows = lines.map(({ colour, name, value }) =>
    `<tr><td><i style="display:inline-block;width:8px;height:8px;border-radius:2px;margin-right:8px;background:${colour}"></i>`
    + `<span style="color:${colours.inkFaint}">${escaped(name)}</span></td>`
    + `<td style="padding-left:20px;text-align:right;font-weight:600;font-variant-numeric:tabular-nums">${escaped(value)}</td></tr>`)
  return `<div style="margin-bottom:4px;font-weight:600">${escaped(title)}</div><table style="border-spacing:0">${rows.join('')}</table>`
}
