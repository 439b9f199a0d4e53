// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { beforeEach, expect, test } from 'vitest'
import { createMemoryHistory, createRouter } from 'vue-router'
import { i18n, speak } from '@/i18n'
import LeftOutSeries from './LeftOutSeries.vue'

const series = [
  { keys: { store_id: 'S1', product_id: 'P7' }, reason: 'begins_late' },
  { keys: { store_id: 'S2', product_id: 'P7' }, reason: 'a_newer_reason' },
]

function shown() {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:all(.*)*', component: {} }] })
  return mount(LeftOutSeries, { props: { series }, global: { plugins: [i18n, router] } })
}

beforeEach(() => speak('zh-CN'))

test('series that were left out are counted, folded away, and named with the reason', () => {
  const list = shown()

  expect(list.get('summary').text()).toBe('未使用或未检验的序列（2）')
  expect((list.element as HTMLDetailsElement).open).toBe(false)
  expect(list.findAll('tbody tr').map(row => row.text())).toEqual([
    'S1 · P7未使用：训练期结束前没有任何值。',
    'S2 · P7a newer reason',
  ])
})
