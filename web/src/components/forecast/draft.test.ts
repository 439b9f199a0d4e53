import { expect, test } from 'vitest'
import { draftOf, missingColumns, newDraft, requestOf } from './draft'

test('a draft without series asks for all of the model', () => {
  expect(requestOf(newDraft('kan_product_P001'))).toMatchObject({
    model: 'kan_product_P001', version: 'best', series: null, horizon: null, start: null,
  })
})

test('a request becomes the same draft again', () => {
  const draft = {
    ...newDraft('m'), series: [{ store_id: 'S001' }], horizon: 14, start: '2025-01-01', fill: { price: 'last' as const },
    note: 'flu season starts early',
  }

  expect(draftOf(requestOf(draft))).toEqual(draft)
})

test('a long horizon comes with history enough to see it in', () => {
  expect(requestOf({ ...newDraft('m'), horizon: 90 }).history).toBe(720)
  expect(requestOf({ ...newDraft('m'), horizon: 1000 }).history).toBe(2000)
})

test('the covariates that are missing are read from the refusal', () => {
  const errors = [
    { pointer: '/future', detail: '\'price\' of store_id S001 on 2026-01-01' },
    { pointer: '/future', detail: '\'price\' of store_id S001 on 2026-01-02' },
  ]

  expect(missingColumns(errors, ['price', 'promotion'])).toEqual(['price'])
  expect(missingColumns([{ pointer: '/future', detail: 'gaps' }], ['price', 'promotion'])).toEqual(['price', 'promotion'])
  expect(missingColumns([{ pointer: '/horizon', detail: 'too long' }], ['price'])).toEqual([])
})
