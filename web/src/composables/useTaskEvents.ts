import { useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter, Ref, ShallowRef } from 'vue'
import { onScopeDispose, ref, shallowRef, toValue, watch } from 'vue'
import type { Connection } from '@/api/events'
import { followTask } from '@/api/events'
import type { TaskProgress } from './taskProgress'
import { hear, NOTHING_YET } from './taskProgress'

/** Everything that a task tells, live, from its first event on. Nothing is asked for without an id. */
export function useTaskEvents(id: MaybeRefOrGetter<string | null>): {
  progress: Readonly<ShallowRef<TaskProgress>>
  connection: Readonly<Ref<Connection>>
} {
  const queries = useQueryClient()
  const progress = shallowRef(NOTHING_YET)
  const connection = ref<Connection>('connecting')
  let stop: (() => void) | null = null

  watch(() => toValue(id), (taskId) => {
    stop?.()
    stop = null
    progress.value = NOTHING_YET
    if (taskId !== null)
      stop = follow(taskId)
  }, { immediate: true })

  function follow(taskId: string): () => void {
    return followTask(taskId, {
      after: () => progress.value.lastId,
      onConnection: now => connection.value = now,
      onEvents: (events) => {
        progress.value = hear(progress.value, events)
        if (events.some(event => event.type === 'status'))
          void queries.invalidateQueries({ queryKey: ['tasks', 'one', taskId] })
      },
    })
  }

  onScopeDispose(() => stop?.())
  return { progress, connection }
}
