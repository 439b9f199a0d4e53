// @vitest-environment happy-dom
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'
import CompareLstm from './CompareLstm.vue'

const request = {
  dataset_id: '0d',
  algorithm: 'qwen',
  horizon: 14,
  scope: { level: 'series', store_id: 'S0', product_id: 'P1' },
  hyperparameters: { rank: 8 },
  pace_of: null,
}
const baseline = { ...request, algorithm: 'lstm', hyperparameters: {} }
const algorithms = ['lstm', 'kan', 'qwen', 'ets'].map((name, place) =>
  ({ name, family: ['network', 'network', 'language', 'statistical'][place] }))
let sent: Request[] = []

/** A server that has these tasks besides the one that is looked at. */
function serve(others: object[]) {
  sent = []
  vi.stubGlobal('fetch', async (asked: Request) => {
    sent.push(asked.clone())
    switch (`${asked.method} ${new URL(asked.url).pathname}`) {
      case 'GET /api/algorithms': return Response.json({ items: algorithms })
      case 'GET /api/tasks/q1': return Response.json({ id: 'q1', status: 'succeeded', request })
      case 'GET /api/tasks': return Response.json({ items: others, total: others.length })
      default: return Response.json({ id: 'l1', status: 'queued', request: baseline }, { status: 202 })
    }
  })
}

function shown(algorithm = 'qwen') {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:all(.*)*', component: {} }] })
  const plugins = [i18n, router, [VueQueryPlugin, { queryClient: new QueryClient() }] as const]
  return { button: mount(CompareLstm, { props: { taskId: 'q1', algorithm }, global: { plugins: plugins as never } }), router }
}

async function compare() {
  const { button, router } = shown()
  await vi.waitFor(() => button.get('[data-testid=compare-lstm]'))
  await button.get('[data-testid=compare-lstm]').trigger('click')
  await vi.waitFor(() => expect(router.currentRoute.value.query.beside).toBe('q1'))
  return router.currentRoute.value.fullPath
}

const started = () => sent.filter(one => one.method === 'POST')

afterEach(() => vi.unstubAllGlobals())

test('one click trains an LSTM on the same data, scope and horizon and shows it beside the other', async () => {
  serve([
    { id: 'l2', status: 'failed', request: baseline },
    { id: 'l3', status: 'succeeded', request: { ...baseline, horizon: 7 } },
    { id: 'l4', status: 'succeeded', request: { ...baseline, hyperparameters: { hidden_size: 4 } } },
  ])

  expect(await compare()).toBe('/tasks/l1?beside=q1')
  expect(started().map(one => new URL(one.url).pathname)).toEqual(['/api/training'])
  expect(await started()[0]?.json()).toEqual(baseline)
})

test('an LSTM that was trained so already is taken', async () => {
  const scope = { product_id: 'P1', store_id: 'S0', level: 'series' }
  serve([{ id: 'l5', status: 'succeeded', request: { ...baseline, scope } }])

  expect(await compare()).toBe('/tasks/l5?beside=q1')
  expect(started()).toEqual([])
})

test.each([['qwen', true], ['kan', true], ['lstm', false], ['ets', false]])(
  'of %s a comparison is offered: %s', async (algorithm, isOffered) => {
    serve([])
    const { button } = shown(algorithm)
    await vi.waitFor(() => expect(sent.length).toBeGreaterThan(1))
    await flushPromises()
    await flushPromises()

    expect(button.find('[data-testid=compare-lstm]').exists()).toBe(isOffered)
  },
)
