// @vitest-environment happy-dom
import { mount } from '@vue/test-utils'
import { expect, test } from 'vitest'
import { ApiProblem } from '@/api/problem'
import { i18n, speak } from '@/i18n'
import ProblemNote from './ProblemNote.vue'

const away = new ApiProblem(503, 'The training service does not answer.')

function words(error: ApiProblem): string[] {
  return mount(ProblemNote, { props: { error }, global: { plugins: [i18n] } }).findAll('p').map(one => one.text())
}

test('a service that is down is said in the language of the app, before the words of the server', async () => {
  await speak('zh-CN')

  expect(words(away)).toEqual([
    '服务暂时没有响应，请稍后重试；若持续如此，请查看服务日志。',
    'The training service does not answer.',
  ])
})

test('in English the words of the server are enough', async () => {
  await speak('en')

  expect(words(away)).toEqual(['The training service does not answer.'])
})

test('what is wrong with a request is said so too', async () => {
  await speak('zh-CN')

  expect(words(new ApiProblem(422, 'The horizon is too long.'))).toEqual([
    '提交的内容有误，请按以下说明修改。',
    'The horizon is too long.',
  ])
})

test('an answer that the app has no words for stays in those of the server', async () => {
  await speak('zh-CN')

  expect(words(new ApiProblem(418, 'No coffee here.'))).toEqual(['No coffee here.'])
})
