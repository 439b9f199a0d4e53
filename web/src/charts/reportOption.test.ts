// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { formatFor } from '@/format'
import type { Setting } from './forecastOption'
import type { ReportLine } from './reportOption'
import { reportOption } from './reportOption'

const setting = {
  step: 'day', language: 'en', format: formatFor('en'), colours: { forecast: '#0f7', inkFaint: '#666' }, isPhone: false,
} as Setting
const lines: ReportLine[] = [
  { name: 'Model', kind: 'own', points: [[1, 0.2], [2, 0.3]] },
  { name: 'Naive', kind: 'naive', points: [[1, 0.4], [2, null]] },
]
const axis = { kind: 'step' as const, title: (at: number) => `Step ${at}`, write: (value?: number | null) => `${value ?? '–'}` }

test('the model is drawn beside seasonal naive, step by step', () => {
  const { series, xAxis } = reportOption(lines, axis, setting)

  expect(series).toMatchObject([{ name: 'Model', lineStyle: { width: 2 } }, { name: 'Naive' }])
  expect(xAxis).toMatchObject({ min: 1, max: 2 })
})

test('the tooltip tells both figures of a step', () => {
  const { tooltip } = reportOption(lines, axis, setting)
  const write = (tooltip as { formatter: (at: unknown) => string }).formatter

  const text = write([{ axisValue: 1 }])
  for (const part of ['Step 1', '0.2', '0.4'])
    expect(text).toContain(part)
  expect(write([{ axisValue: 2 }])).toContain('–')
})

test('a coverage shows where it should be', () => {
  const { series } = reportOption(lines, { ...axis, goal: 0.8 }, setting)

  expect(series).toMatchObject([{ markLine: { data: [{ yAxis: 0.8 }] } }, {}])
})
