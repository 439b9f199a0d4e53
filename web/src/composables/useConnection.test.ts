// @vitest-environment happy-dom
import { QueryClient, VueQueryPlugin, useQuery } from '@tanstack/vue-query'
import { flushPromises, mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { defineComponent, h } from 'vue'
import { ApiProblem } from '@/api/problem'
import { useConnection } from './useConnection'

function open(answer: () => Promise<string>) {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } })
  const page = mount(defineComponent({
    setup() {
      const isConnected = useConnection()
      const { data } = useQuery({ queryKey: ['list'], queryFn: answer })
      return () => h('p', `${isConnected.value ? 'connected' : 'lost'} ${data.value ?? 'nothing'}`)
    },
  }), { global: { plugins: [[VueQueryPlugin, { queryClient }]] } })
  return { page, queryClient }
}

test('what was lost with the connection is asked for again when it is back', async () => {
  let isUp = false
  const { page, queryClient } = open(() => isUp ? Promise.resolve('list') : Promise.reject(new ApiProblem(0, '')))
  await flushPromises()
  expect(page.text()).toBe('lost nothing')

  isUp = true
  await queryClient.fetchQuery({ queryKey: ['another'], queryFn: () => 'an answer' })
  await flushPromises()
  await flushPromises()

  expect(page.text()).toBe('connected list')
})

test('a server that refuses is still a server that answers', async () => {
  const { page } = open(() => Promise.reject(new ApiProblem(503, 'The registry does not answer.')))
  await flushPromises()

  expect(page.text()).toBe('connected nothing')
})
