// @vitest-environment happy-dom
import { flushPromises, mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { i18n, speak } from '@/i18n'
import type { NamedProperty } from './schema'
import { defaultsOf, propertiesOf } from './schema'
import SchemaForm from './SchemaForm.vue'

const properties: NamedProperty[] = propertiesOf({
  properties: {
    layers: { type: 'integer', default: 2, minimum: 1, maximum: 2048, title: 'Layers', title_zh: '层数' },
    head: { type: 'string', enum: ['quantiles', 'tweedie'], default: 'tweedie', title: 'Head' },
    scale: { type: 'boolean', default: true, title: 'Scale' },
  },
})

async function draw(values = defaultsOf(properties), errors: Record<string, string> = {}) {
  await speak('zh-CN')
  const form = mount(SchemaForm, {
    props: { properties, errors, modelValue: values },
    global: { plugins: [i18n] },
  })
  await flushPromises()
  return form
}

test('each property gets its field, its words and its default', async () => {
  const form = await draw()

  expect(form.text()).toContain('层数')
  expect(form.get<HTMLInputElement>('[data-testid=field-parameter-layers] input').element.value).toBe('2')
  expect(form.find('[data-testid=field-parameter-head] .el-select').exists()).toBe(true)
  expect(form.find('[data-testid=field-parameter-scale] .el-switch').exists()).toBe(true)
})

test('a value that is changed is handed on with all the others', async () => {
  const form = await draw()

  await form.get('[data-testid=field-parameter-layers] input').setValue('3')

  expect(form.emitted('update:modelValue')?.at(-1)).toEqual([{ layers: 3, head: 'tweedie', scale: true }])
})

test('what the server refused stands at its field', async () => {
  const form = await draw(defaultsOf(properties), { head: '这里不能用。' })

  expect(form.get('[data-testid=field-parameter-head] [role=alert]').text()).toBe('这里不能用。')
})

test('a value out of its bounds is told before it is sent', async () => {
  const form = await draw({ layers: 5000, head: 'tweedie', scale: true })

  expect(form.get('[data-testid=field-parameter-layers] [role=alert]').text()).toContain('1 – 2,048')
})
