// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { beforeAll, expect, test } from 'vitest'
import type { Sentence } from '@/api/types'
import { i18n, speak } from '@/i18n'
import { useSentences } from './useSentences'

let say: ReturnType<typeof useSentences>['say']

beforeAll(() => {
  mount({
    setup() {
      say = useSentences().say
      return () => ''
    },
  }, { global: { plugins: [i18n] } })
})

const doubles: Sentence[] = [
  { key: 'duplicate_rows', values: { count: 1200 } },
  { key: 'added_up', values: { columns: ['sales', 'amount'] } },
]

test('what a server says is said in the language of the app', async () => {
  await speak('zh-CN')
  expect(say(doubles, 'x')).toBe('有 1,200 处，同一序列的同一日期有多行。相加的列：sales和amount。')

  await speak('en')
  expect(say(doubles, 'x')).toBe('1,200 times several rows stand for one series and date. Added up: sales and amount.')
})

test('the words of the server stand where a sentence or one of its values is not known', async () => {
  await speak('zh-CN')

  expect(say([], 'An old report.')).toBe('An old report.')
  expect(say([...doubles, { key: 'newer', values: {} }], 'A newer one.')).toBe('A newer one.')
  expect(say([{ key: 'invalid_dates', values: { count: 2 } }], '2 values of …')).toBe('2 values of …')
})

test('a value that looks like a template is shown as it is', async () => {
  await speak('en')

  expect(say([{ key: 'holds_text', values: {} }], 'x')).toBe('it holds text')
  expect(say([{ key: 'invalid', values: { reason: 'a {b} @:c | d' } }], 'x')).toBe('a {b} @:c | d')
})
