import { expect, test } from 'vitest'
import { ApiProblem, asProblem, errorsBelow, fieldErrors, isShownAtFields, readProblem } from './problem'

const refused = new ApiProblem(422, 'Two fields.', [
  { pointer: '/horizon', detail: 'Too long.' },
  { pointer: '/horizon', detail: 'And odd.' },
  { pointer: '/hyperparameters/layers', detail: 'At most 8.' },
])

test('a complaint is found at its field, the first one where there are several', () => {
  const errors = fieldErrors(refused)

  expect(errors['/horizon']).toBe('Too long.')
  expect(errorsBelow(errors, '/hyperparameters')).toEqual({ layers: 'At most 8.' })
})

test('a form stays silent above its fields only when each complaint stands at one', () => {
  expect(isShownAtFields(refused, () => true)).toBe(true)
  expect(isShownAtFields(refused, pointer => pointer === '/horizon')).toBe(false)
  expect(isShownAtFields(new ApiProblem(503, 'Down.'), () => true)).toBe(false)
})

test('an answer that is no problem document keeps its status and request id', () => {
  expect(readProblem(502, '<html>', 'r1')).toMatchObject({ status: 502, message: '', requestId: 'r1' })
  expect(readProblem(404, { detail: 'Gone.', errors: [], request_id: 'r2' }, null))
    .toMatchObject({ status: 404, message: 'Gone.', requestId: 'r2' })
})

test('whatever else is thrown counts as no answer', () => {
  expect(asProblem(new TypeError('x')).isOffline).toBe(true)
})
