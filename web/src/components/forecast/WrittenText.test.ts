// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { beforeAll, expect, test } from 'vitest'
import { i18n, speak } from '@/i18n'
import WrittenText from './WrittenText.vue'

const text = { told: 'Retail sales. Numbers: 004,012,', wrote: '010,xxx,', left_out: 0, unknown: [] }

beforeAll(() => speak('en'))

type Text = InstanceType<typeof WrittenText>['$props']['text']

function draw(more: Partial<Text>) {
  return mount(WrittenText, { props: { text: { ...text, ...more } }, global: { plugins: [i18n] } })
}

test('what a model wrote is shown with what its numbers stand for', () => {
  const shown = draw({ lowest: 12, step: 0.4 }).text()

  expect(shown).toContain('010,xxx,')
  expect(shown).toContain('000 = 12, 001 = 12.4')
})

test('a correction says what it multiplied the forecast by', () => {
  const shown = draw({ factors: [1.04, 0.9] })

  expect(shown.get('[data-testid=written-factors]').text()).toBe('×1.04 ×0.90')
})

test('what the model could not read as it was meant is said before it is opened', () => {
  const shown = draw({ left_out: 12, unknown: ['flu', 'early'] }).get('summary').text()

  expect(shown).toContain('12 oldest values')
  expect(shown).toContain('flu, early')
})

test('a forecast that was stored before scales were is shown without one', () => {
  expect(draw({}).find('[data-testid=written-scale]').exists()).toBe(false)
})
