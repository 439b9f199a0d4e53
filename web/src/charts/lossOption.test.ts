// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import type { EpochEvent } from '@/api/types'
import { formatFor } from '@/format'
import type { ChartColours } from './colours'
import { lossOption } from './lossOption'

function epoch(number: number, best: boolean): EpochEvent {
  return {
    type: 'epoch',
    id: `${number}-0`,
    at: '',
    number,
    total: 20,
    train_loss: 1 / number,
    validation_loss: 2 / number,
    best,
    progress: number / 20,
    seconds: 1,
  }
}

const words = { epoch: 'Epoch', training: 'Training', validation: 'Validation', best: 'best' }
const draw = (epochs: EpochEvent[], isOver: boolean) =>
  lossOption(epochs, words, {} as ChartColours, formatFor('en'), isOver)

test('while it learns there is room for the epochs to come', () => {
  expect(draw([epoch(1, true)], false).xAxis).toMatchObject({ min: 1, max: 20 })
  expect(draw([epoch(1, true), epoch(2, false), epoch(3, false)], true).xAxis).toMatchObject({ max: 3 })
})

test('the last epoch that was best so far is marked', () => {
  const { series } = draw([epoch(1, true), epoch(2, true), epoch(3, false)], false)

  expect(series).toMatchObject([{}, { markPoint: { data: [{ coord: [2, 1] }] } }])
})

test('the tooltip tells both losses of an epoch', () => {
  const { tooltip } = draw([epoch(4, true)], false)
  const write = (tooltip as { formatter: (at: unknown) => string }).formatter

  expect(write([{ axisValue: 4 }])).toContain('0.2500')
  expect(write([{ axisValue: 9 }])).toBe('')
})
