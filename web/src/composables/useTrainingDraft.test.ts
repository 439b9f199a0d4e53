// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { nextTick, ref } from 'vue'
import type { Algorithm, Dataset } from '@/api/types'
import { useTrainingDraft } from './useTrainingDraft'

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
