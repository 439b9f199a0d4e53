import { expect, test } from 'vitest'
import type { TaskEvent } from '@/api/types'
import { hear, isAfter, NOTHING_YET } from './taskProgress'

const AT = '2025-01-01T00:00:00Z'

function epoch(id: string, number: number): TaskEvent {
  return {
    type: 'epoch',
    id,
    at: AT,
    number,
    total: 10,
    train_loss: 1 / number,
    validation_loss: null,
    best: true,
    progress: number / 10,
    seconds: 1,
  }
}

function log(id: string, message: string): TaskEvent {
  return { type: 'log', id, at: AT, level: 'info', message }
}

test('ids are compared as numbers, not as text', () => {
  expect(isAfter('1000-0', '999-0')).toBe(true)
  expect(isAfter('5-10', '5-9')).toBe(true)
  expect(isAfter('5-9', '5-9')).toBe(false)
  expect(isAfter('0-1', '')).toBe(true)
})

test('events that come twice are heard once', () => {
  const once = hear(NOTHING_YET, [epoch('1-0', 1), log('1-1', 'a'), epoch('2-0', 2)])
  const again = hear(once, [epoch('1-0', 1), log('1-1', 'a'), epoch('2-0', 2), epoch('3-0', 3)])

  expect(again.epochs.map(one => one.number)).toEqual([1, 2, 3])
  expect(again.log).toHaveLength(1)
  expect(again.lastId).toBe('3-0')
})

test('a task that is taken again draws its new epochs, not both', () => {
  const first = hear(NOTHING_YET, [epoch('1-0', 1), epoch('2-0', 2), epoch('3-0', 3)])

  const second = hear(first, [epoch('9-0', 1), epoch('10-0', 2)])

  expect(second.epochs.map(one => one.id)).toEqual(['9-0', '10-0'])
})

test('what was known before is left as it was', () => {
  const before = hear(NOTHING_YET, [epoch('1-0', 1)])

  hear(before, [epoch('2-0', 2)])

  expect(before.epochs).toHaveLength(1)
  expect(NOTHING_YET.epochs).toHaveLength(0)
})
