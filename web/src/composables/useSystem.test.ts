// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { beforeAll, expect, test } from 'vitest'
import type { ServiceHealth } from '@/api/types'
import { i18n, speak } from '@/i18n'
import { useServiceWords } from './useSystem'

let words: ReturnType<typeof useServiceWords>

beforeAll(() => {
  mount({
    setup() {
      words = useServiceWords()
      return () => ''
    },
  }, { global: { plugins: [i18n] } })
})

const idle: ServiceHealth = { status: 'ready', detail: 'No worker is running: tasks wait.', notes: ['worker'] }

test('that no worker runs is said in the language of the app', async () => {
  await speak('zh-CN')
  expect(words.nameOf('training')).toBe('训练')
  expect(words.noteOf(idle)).toBe('没有运行中的训练进程：任务会一直等待，直到有一个启动。')

  await speak('en')
  expect(words.noteOf(idle)).toBe('No training worker is running: tasks wait until one is started.')
})

test('what is not known is shown as the server says it', () => {
  expect(words.nameOf('archive')).toBe('archive')
  expect(words.noteOf({ ...idle, notes: ['worker', 'newer'] })).toBe('No worker is running: tasks wait.')
  expect(words.noteOf({ status: 'down', detail: 'No answer: ClientConnectorError.', notes: [] }))
    .toBe('No answer: ClientConnectorError.')
  expect(words.noteOf({ status: 'ready', notes: [] })).toBe('')
})
