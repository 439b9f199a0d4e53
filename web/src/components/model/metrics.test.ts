import { expect, test } from 'vitest'
import { formatFor } from '@/format'
import { writtenFigures } from './metrics'

const format = formatFor('en')

test('figures of validation, backtest and test are told apart', () => {
  const groups = writtenFigures({ wape: 0.2, backtest_wape: 0.25, test_wape: 0.3, test_bias: -0.1, windows: 8 }, format)

  expect(groups.map(group => [group.name, ...group.figures.map(one => `${one.name} ${one.text}`)])).toEqual([
    ['validation', 'wape 20%'], ['backtest', 'wape 25%'], ['test', 'wape 30%', 'bias -10%'],
  ])
})

test('the skill is told with its interval, and what is not known is left out', () => {
  const [group] = writtenFigures({ skill: 0.26, skill_low: 0.2, skill_high: 0.31, mase: null }, format)

  expect(group?.figures).toEqual([{ name: 'skill', text: '+26%', interval: '+20% … +31%' }])
})
