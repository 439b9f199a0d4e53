// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { beforeAll, expect, test } from 'vitest'
import { i18n, speak } from '@/i18n'
import GrainChoice from './GrainChoice.vue'

beforeAll(() => speak('en'))

function draw(props: { units?: ('day' | 'week' | 'month')[], level?: number | null, percent?: boolean }) {
  return mount(GrainChoice, {
    props: { own: 'day', units: ['week', 'month'], level: 12, last: undefined, grain: 'step', percent: false, ...props },
    global: { plugins: [i18n] },
  })
}

test('a daily series offers its days, weeks and months', () => {
  expect(draw({}).find('[data-testid=grain]').text()).toBe('DailyWeeklyMonthly')
})

test('a series without coarser totals offers none, and one that is not above zero no shares', () => {
  expect(draw({ units: [] }).find('[data-testid=grain]').exists()).toBe(false)
  expect(draw({ level: null }).find('[data-testid=share]').exists()).toBe(false)
})

test('shares say what 100 % is', () => {
  expect(draw({ percent: true }).text()).toContain('12')
  expect(draw({}).text()).not.toContain('100')
})
