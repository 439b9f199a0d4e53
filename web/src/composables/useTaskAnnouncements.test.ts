// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import type { Task, TaskStatus } from '@/api/types'
import { newlyFinished } from './useTaskAnnouncements'

const SINCE = Date.parse('2025-01-01T12:00:00Z')

function task(id: string, status: TaskStatus, finished_at: string | null = null): Task {
  return { id, status, finished_at } as Task
}

test('a task that was seen at work and has ended is told', () => {
  const known = new Map<string, TaskStatus>([['a', 'running'], ['b', 'queued']])

  expect(newlyFinished(known, [task('a', 'succeeded'), task('b', 'running')], SINCE).map(one => one.id)).toEqual(['a'])
})

test('what had ended before is not told again', () => {
  const known = new Map<string, TaskStatus>([['a', 'failed']])

  expect(newlyFinished(known, [task('a', 'failed'), task('old', 'succeeded', '2024-12-31T00:00:00Z')], SINCE)).toEqual([])
})

test('a task that came and went between two looks is told as well', () => {
  expect(newlyFinished(new Map(), [task('quick', 'failed', '2025-01-01T12:00:01Z')], SINCE)).toHaveLength(1)
})
