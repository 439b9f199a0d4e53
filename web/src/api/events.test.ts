// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { hear, NOTHING_YET } from '@/composables/taskProgress'
import type { Connection } from './events'
import { eventsAddress, followTask } from './events'

class FakeSocket {
  static all: FakeSocket[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }

  say(id: string) {
    this.onmessage?.({ data: JSON.stringify({ type: 'log', id, at: '', level: 'info', message: id }) })
  }

  close() {
    this.onclose?.({ code: 1005 })
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('WebSocket', FakeSocket)
  FakeSocket.all = []
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

function follow() {
  const heard = { progress: NOTHING_YET, connections: [] as Connection[] }
  const stop = followTask('t1', {
    onEvents: events => heard.progress = hear(heard.progress, events),
    onConnection: connection => heard.connections.push(connection),
    after: () => heard.progress.lastId,
  })
  return { heard, stop }
}

function socket(place: number): FakeSocket {
  const found = FakeSocket.all[place]
  if (!found)
    throw new Error(`There is no connection ${place}`)
  return found
}

test('a lost connection goes on after the last event, and nothing is lost or doubled', () => {
  const { heard } = follow()
  socket(0).say('1-0')
  socket(0).say('2-0')
  socket(0).onclose?.({ code: 1006 })
  vi.advanceTimersByTime(600)

  expect(new URL(socket(1).url).searchParams.get('after')).toBe('2-0')
  socket(1).say('2-0')
  socket(1).say('3-0')
  vi.advanceTimersByTime(100)

  expect(heard.progress.log.map(line => line.id)).toEqual(['1-0', '2-0', '3-0'])
})

test('a stream that ended is not asked for again', () => {
  const { heard } = follow()
  socket(0).onclose?.({ code: 1000 })
  vi.advanceTimersByTime(60_000)

  expect(FakeSocket.all).toHaveLength(1)
  expect(heard.connections.at(-1)).toBe('ended')
})

test('who stops listening makes no new connection', () => {
  const { stop } = follow()
  stop()
  vi.advanceTimersByTime(60_000)

  expect(FakeSocket.all).toHaveLength(1)
})

test('the address follows the page: the first one asks for everything', () => {
  expect(eventsAddress('a b', '')).toMatch(/^ws:\/\/.*\/api\/tasks\/a%20b\/events$/)
})
