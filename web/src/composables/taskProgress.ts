/** What has been heard from a task so far. Pure: events in, a new state out. */
import type { EpochEvent, LogEvent, MetricEvent, StatusEvent, TaskEvent } from '@/api/types'

export interface TaskProgress {
  epochs: readonly EpochEvent[]
  log: readonly LogEvent[]
  metrics: MetricEvent['metrics'] | null
  status: StatusEvent | null
  /** The id of the last event, from which a lost connection goes on. */
  lastId: string
}

export const NOTHING_YET: TaskProgress = { epochs: [], log: [], metrics: null, status: null, lastId: '' }

const KEPT_LINES = 2000

/** Say whether a place in the stream (`milliseconds-number`) lies after another. */
export function isAfter(id: string, other: string): boolean {
  if (other === '')
    return true
  const [time = 0, number = 0] = id.split('-').map(Number)
  const [otherTime = 0, otherNumber = 0] = other.split('-').map(Number)
  return time > otherTime || (time === otherTime && number > otherNumber)
}

/** Add events to what is known. One that was heard before is passed over, so a replay changes nothing. */
export function hear(before: TaskProgress, events: readonly TaskEvent[]): TaskProgress {
  const epochs = [...before.epochs]
  const log = [...before.log]
  let { metrics, status, lastId } = before
  for (const event of events) {
    if (!isAfter(event.id, lastId))
      continue
    lastId = event.id
    switch (event.type) {
      case 'epoch':
        hearEpoch(epochs, event)
        break
      case 'log':
        log.push(event)
        break
      case 'metric':
        metrics = event.metrics
        break
      case 'status':
        status = event
    }
  }
  return { epochs, log: log.slice(-KEPT_LINES), metrics, status, lastId }
}

/** A task that was taken again begins anew: its first epoch replaces those of the attempt before. */
function hearEpoch(epochs: EpochEvent[], event: EpochEvent): void {
  const place = epochs.findIndex(epoch => epoch.number >= event.number)
  if (place >= 0)
    epochs.splice(place)
  epochs.push(event)
}
