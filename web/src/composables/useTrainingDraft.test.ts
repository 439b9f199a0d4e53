// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { nextTick, ref } from 'vue'
import type { Algorithm, Dataset } from '@/api/types'
import { changedEvaluation, offered, useTrainingDraft } from './useTrainingDraft'

const pharmacy = { id: 'd1', ids: ['store_id', 'product_id'] } as Dataset
const grid = { id: 'd2', ids: ['meter'] } as Dataset
const lstm = {
  name: 'lstm',
  hyperparameters: { properties: { layers: { type: 'integer', default: 2, title: 'Layers' } } },
} as unknown as Algorithm

test('a product is needed before a product model can be trained', () => {
  const draft = useTrainingDraft({ dataset: () => pharmacy, algorithm: () => lstm })

  expect(draft.isComplete.value).toBe(false)
  draft.keys.value = { product_id: 'P001' }
  expect(draft.isComplete.value).toBe(true)
  expect(draft.request()).toMatchObject({
    dataset_id: 'd1', algorithm: 'lstm', scope: { level: 'product', total: false, product_id: 'P001' }, hyperparameters: {},
  })
})

test('the totals of all products can be learned without choosing one', () => {
  const draft = useTrainingDraft({ dataset: () => pharmacy, algorithm: () => lstm })

  draft.total.value = true
  expect(draft.isComplete.value).toBe(true)
  expect(draft.request().scope).toEqual({ level: 'product', total: true })

  draft.level.value = 'series'
  expect(draft.isComplete.value).toBe(false)
})

test('words before the numbers suit the data and the language of the app', async () => {
  const choice = (...values: string[]) => ({ type: 'string', default: values[0], enum: values, title: 'Choice' })
  const qwen = {
    name: 'qwen',
    hyperparameters: { properties: { kind: choice('retail', 'weather'), language: choice('en', 'zh') } },
  } as unknown as Algorithm
  const dataset = ref<Dataset>({ ...grid, kind: 'weather' })
  const draft = useTrainingDraft({ dataset: () => dataset.value, algorithm: () => qwen, language: () => 'zh-CN' })

  expect(draft.request().hyperparameters).toEqual({ kind: 'weather', language: 'zh' })
  dataset.value = { ...pharmacy, kind: 'retail' }
  await nextTick()
  expect(draft.request().hyperparameters).toEqual({ language: 'zh' })
})

test('ids of another level are not sent', () => {
  const draft = useTrainingDraft({ dataset: () => pharmacy, algorithm: () => lstm })
  draft.keys.value = { product_id: 'P001', store_id: 'S001' }

  draft.level.value = 'store'
  expect(draft.chosenKeys.value).toEqual({ store_id: 'S001' })
  draft.level.value = 'global'
  expect(draft.request().scope).toEqual({ level: 'global', total: false })
})

test('a dataset without products falls back to a level that it has', async () => {
  const dataset = ref(pharmacy)
  const draft = useTrainingDraft({ dataset: () => dataset.value, algorithm: () => lstm })

  dataset.value = grid
  await nextTick()

  expect(draft.level.value).toBe('series')
  expect(draft.columns.value).toEqual(['meter'])
})

test('how the model is judged is sent as it was set, and a refit only with a backtest', () => {
  const draft = useTrainingDraft({ dataset: () => pharmacy, algorithm: () => lstm })
  expect(draft.request()).toMatchObject({
    validation_steps: null, test_steps: 0, holidays: null, backtest_windows: 0, refit_every: 0,
  })

  draft.evaluation.value = { validation_steps: 56, test_steps: 28, holidays: 'CN', backtest_windows: 4, refit_every: 2 }
  expect(draft.request()).toMatchObject(draft.evaluation.value)
  expect(changedEvaluation(draft.evaluation.value)).toHaveLength(5)

  draft.evaluation.value = { ...draft.evaluation.value, backtest_windows: 0 }
  expect(draft.request().refit_every).toBe(0)
})

test('auto is offered first, and what cannot be used here last', () => {
  const all = [
    { name: 'chronos2', available: false }, { name: 'lstm', available: true }, { name: 'auto', available: true },
  ] as Algorithm[]

  expect(offered(all).map(one => one.name)).toEqual(['auto', 'lstm', 'chronos2'])
  expect(offered(all.map(one => ({ ...one, available: one.name !== 'auto' }))).at(0)?.name).not.toBe('auto')
})
