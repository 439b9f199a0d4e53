// @vitest-environment happy-dom
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import type { Task } from '@/api/types'
import { i18n } from '@/i18n'
import CompareLstm from './CompareLstm.vue'

const request = {
  dataset_id: '0d',
  algorithm: 'qwen',
  horizon: 14,
  scope: { level: 'store', keys: { store_id: 'S0' } },
  hyperparameters: { rank: 8 },
}
const task = { id: 'q1', kind: 'training', status: 'succeeded', progress: 1, request, model: 'qwen_store_S0' } as unknown as Task

afterEach(() => vi.unstubAllGlobals())

test('one click trains an LSTM on the same data, scope and horizon and shows it beside the other', async () => {
  const sent: Request[] = []
  vi.stubGlobal('fetch', async (asked: Request) => {
    sent.push(asked.clone())
    return Response.json({ ...task, id: 'l1' }, { status: 202 })
  })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:all(.*)*', component: {} }] })
  const plugins = [i18n, router, [VueQueryPlugin, { queryClient: new QueryClient() }] as const]
  const button = mount(CompareLstm, { props: { task }, global: { plugins: plugins as never } })

  await button.get('[data-testid=compare-lstm]').trigger('click')
  await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/tasks/l1?beside=q1'))
  await flushPromises()

  expect(sent.map(one => new URL(one.url).pathname)).toEqual(['/api/training'])
  expect(await sent[0]?.json()).toEqual({ ...request, algorithm: 'lstm', hyperparameters: {} })
})
