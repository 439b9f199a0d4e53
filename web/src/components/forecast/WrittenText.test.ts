// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { i18n } from '@/i18n'
import WrittenText from './WrittenText.vue'

const text = { told: 'Retail sales. Numbers: 004,012,', wrote: '010,xxx,' }

function draw(more: { lowest?: number | null, step?: number | null }) {
  return mount(WrittenText, { props: { text: { ...text, ...more } }, global: { plugins: [i18n] } })
}

test('what a model wrote is shown with what its numbers stand for', () => {
  const shown = draw({ lowest: 12, step: 0.4 }).text()

  expect(shown).toContain('010,xxx,')
  expect(shown).toContain('000 = 12, 001 = 12.4')
})

test('a forecast that was stored before scales were is shown without one', () => {
  expect(draw({}).find('[data-testid=written-scale]').exists()).toBe(false)
})
