import type { EChartsOption } from 'echarts'
import type { SeriesValues } from '@/api/types'
import type { Setting } from './forecastOption'
import { momentOf } from './forecastOption'
import { base, timeAxis, tooltip, tooltipText, valueAxis, zoom } from './frame'

/** Draw the values of one series; a missing stretch stays a gap. */
export function seriesOption(values: SeriesValues, name: string, setting: Setting): EChartsOption {
  const { colours, format, language, step } = setting
  const data = values.points.map(point => [Date.parse(point.date), point.value] as [number, number | null])
  const byMoment = new Map(data)
  const isFromZero = values.points.every(point => (point.value ?? 0) >= 0)
  return {
    ...base(colours),
    grid: { top: 16, right: 16, bottom: 44, left: 8, containLabel: true },
    tooltip: {
      ...tooltip(colours),
      formatter: (at: unknown) => {
        const moment = momentOf(at)
        const title = `${format.date(moment, step)} ${format.weekday(moment)}`
        const value = format.number(byMoment.get(moment))
        return tooltipText(title, [{ colour: colours.history, name, value }], colours)
      },
    },
    xAxis: timeAxis(colours, step, format, language),
    yAxis: valueAxis(colours, format, isFromZero),
    dataZoom: zoom(colours, undefined),
    series: [{
      name,
      type: 'line',
      data,
      showSymbol: false,
      connectNulls: false,
      sampling: 'lttb',
      lineStyle: { width: 1.25, color: colours.history },
      itemStyle: { color: colours.history },
    }],
  }
}
