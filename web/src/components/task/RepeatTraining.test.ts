// @vitest-environment happy-dom
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount } from '@vue/test-utils'
import { afterEach, expect, test, vi } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n } from '@/i18n'
import RepeatTraining from './RepeatTraining.vue'

async function repeated(answer: Response) {
  const sent: Request[] = []
  vi.stubGlobal('fetch', async (asked: Request) => {
    sent.push(asked)
    return answer
  })
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:all(.*)*', component: {} }] })
  const plugins = [i18n, router, [VueQueryPlugin, { queryClient: new QueryClient() }] as const]
  const shown = mount(RepeatTraining, { props: { taskId: 't1' }, global: { plugins: plugins as never } })
  await shown.get('[data-testid=repeat-training]').trigger('click')
  await flushPromises()
  await vi.waitFor(() => expect(sent).toHaveLength(1))
  return { sent, shown, router }
}

afterEach(() => vi.unstubAllGlobals())

test('one click trains the same again and shows the new task', async () => {
  const { sent, router } = await repeated(Response.json({ id: 't2', status: 'queued' }, { status: 202 }))

  await vi.waitFor(() => expect(router.currentRoute.value.fullPath).toBe('/tasks/t2'))
  expect(sent.map(one => `${one.method} ${new URL(one.url).pathname}`)).toEqual(['POST /api/tasks/t1/repeat'])
})

test('what stands in the way is said', async () => {
  const detail = 'Only a training that has left a model can be made again.'
  const { shown, router } = await repeated(Response.json({ title: 'Conflict', status: 409, detail }, { status: 409 }))

  await vi.waitFor(() => expect(shown.text()).toContain(detail))
  expect(router.currentRoute.value.fullPath).toBe('/')
})
