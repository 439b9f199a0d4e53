/** Follows the events of a task over a WebSocket, through lost connections, until it has ended. */
import type { TaskEvent } from './types'

export type Connection = 'connecting' | 'live' | 'waiting' | 'ended'

interface Listener {
  /** Told several events at once, as they have gathered. */
  onEvents: (events: TaskEvent[]) => void
  onConnection: (connection: Connection) => void
  /** The id of the last event that was heard. */
  after: () => string
}

const ENDED = 1000
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 10_000
const GATHER_MS = 60

export function eventsAddress(taskId: string, after: string): string {
  const url = new URL(`/api/tasks/${encodeURIComponent(taskId)}/events`, globalThis.location.href)
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
  if (after)
    url.searchParams.set('after', after)
  return url.href
}

/** Begin to listen; call what is returned to stop. */
export function followTask(taskId: string, { onEvents, onConnection, after }: Listener): () => void {
  let socket: WebSocket | null = null
  let reconnect: ReturnType<typeof setTimeout> | undefined
  let flush: ReturnType<typeof setTimeout> | undefined
  let gathered: TaskEvent[] = []
  let wait = FIRST_WAIT_MS
  let isStopped = false

  function tell() {
    clearTimeout(flush)
    flush = undefined
    const events = gathered
    gathered = []
    if (events.length > 0)
      onEvents(events)
  }

  function connect() {
    onConnection('connecting')
    socket = new WebSocket(eventsAddress(taskId, after()))
    socket.onopen = () => onConnection('live')
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      wait = FIRST_WAIT_MS
      gathered.push(JSON.parse(data) as TaskEvent)
      flush ??= setTimeout(tell, GATHER_MS)
    }
    socket.onclose = ({ code }) => {
      tell() // before the next connection asks for what comes after it
      if (isStopped)
        return
      onConnection(code === ENDED ? 'ended' : 'waiting')
      if (code !== ENDED) {
        reconnect = setTimeout(connect, wait)
        wait = Math.min(wait * 2, LONGEST_WAIT_MS)
      }
    }
  }

  connect()
  return () => {
    isStopped = true
    clearTimeout(reconnect)
    clearTimeout(flush)
    socket?.close()
  }
}
