import type { EChartsOption } from 'echarts'
import type { EpochEvent } from '@/api/types'
import type { Format } from '@/format'
import type { ChartColours } from './colours'
import { base, tooltip, tooltipText } from './frame'

export interface LossWords {
  epoch: string
  training: string
  validation: string
  best: string
}

/** Draw both losses, epoch by epoch, and the best of them. */
export function lossOption(
  epochs: readonly EpochEvent[], words: LossWords, colours: ChartColours, format: Format, isOver: boolean,
): EChartsOption {
  const last = epochs.at(-1)
  // while it learns, the room to the right says how far it still is
  const end = isOver ? last?.number : last?.total
  const best = epochs.findLast(epoch => epoch.best && epoch.validation_loss !== null)
  // right above the first epoch the word would lie on the figures of the axis
  const offset = best && best.number === epochs[0]?.number ? [20, 0] : [0, 0]
  const line = (name: string, colour: string, width: number) => ({
    name,
    type: 'line' as const,
    showSymbol: epochs.length === 1,
    lineStyle: { width, color: colour },
    itemStyle: { color: colour },
  })
  return {
    ...base(colours),
    animation: false, // it grows with every epoch
    grid: { top: 40, right: 20, bottom: 8, left: 8, containLabel: true },
    legend: {
      top: 0,
      bottom: 'auto',
      left: 0,
      itemWidth: 16,
      itemHeight: 10,
      icon: 'path://M0 6h16v2H0z',
      textStyle: { color: colours.ink },
    },
    tooltip: { ...tooltip(colours), formatter: (at: unknown) => textAt(at, epochs, words, colours, format) },
    xAxis: {
      type: 'value',
      min: 1,
      max: Math.max(end ?? 1, 2),
      minInterval: 1,
      axisLine: { lineStyle: { color: colours.line } },
      axisTick: { show: false },
      splitLine: { show: false },
      axisLabel: { color: colours.inkFaint },
    },
    yAxis: {
      type: 'value',
      scale: true,
      splitNumber: 4,
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { color: colours.inkFaint, formatter: (value: number) => format.number(value) },
      splitLine: { lineStyle: { color: colours.line } },
    },
    series: [
      { ...line(words.training, colours.history, 1.25), data: epochs.map(epoch => [epoch.number, epoch.train_loss]) },
      {
        ...line(words.validation, colours.forecast, 2),
        data: epochs.map(epoch => [epoch.number, epoch.validation_loss]),
        markPoint: {
          symbol: 'circle',
          symbolSize: 9,
          silent: true,
          itemStyle: { color: colours.surface, borderColor: colours.forecast, borderWidth: 2 },
          label: { show: true, position: 'top', color: colours.forecast, formatter: words.best, distance: 6, offset },
          data: best ? [{ name: words.best, coord: [best.number, best.validation_loss ?? 0] }] : [],
        },
      },
    ],
  }
}

function textAt(at: unknown, epochs: readonly EpochEvent[], words: LossWords, colours: ChartColours, format: Format) {
  const first: unknown = Array.isArray(at) ? at[0] : at
  const number = typeof first === 'object' && first !== null && 'axisValue' in first ? Number(first.axisValue) : 0
  const epoch = epochs.find(one => one.number === number)
  if (!epoch)
    return ''
  return tooltipText(`${words.epoch} ${epoch.number}`, [
    { colour: colours.history, name: words.training, value: format.number(epoch.train_loss, 4) },
    { colour: colours.forecast, name: words.validation, value: format.number(epoch.validation_loss, 4) },
  ], colours)
}
