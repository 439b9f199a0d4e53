// @vitest-environment happy-dom
import { QueryClient, VueQueryPlugin } from '@tanstack/vue-query'
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import type { ModelVersion } from '@/api/types'
import { i18n } from '@/i18n'
import LineageList from './LineageList.vue'

const version = {
  model: 'qwen_global', version: 1, files: [], hyperparameters: {}, size_bytes: 1, lineage: { dataset_digest: 'd', task_id: 't' },
} as unknown as ModelVersion

function draw(settings: object) {
  const client = new QueryClient()
  client.setQueryData(['models', 'file', 'qwen_global', 1, 'manifest.json'], { settings, notes: [] })
  const plugins = [i18n, [VueQueryPlugin, { queryClient: client }]]
  return mount(LineageList, { props: { version }, global: { plugins: plugins as never, stubs: ['RouterLink', 'RepeatTraining'] } })
}

test('a language model names the base that it was made from, with its digest', () => {
  const shown = draw({ base: { name: 'shelfcast-tiny', digest: '0123456789abcdef' } })

  expect(shown.get('[data-testid=base]').text()).toBe('shelfcast-tiny 0123456789ab')
})

test('other models have no base', () => {
  expect(draw({}).find('[data-testid=base]').exists()).toBe(false)
})
