import { ElNotification } from 'element-plus'
import 'element-plus/es/components/notification/style/css'
import { computed, h, watch } from 'vue'
import type { ComputedRef } from 'vue'
import { useQueryClient } from '@tanstack/vue-query'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { Task, TaskStatus } from '@/api/types'
import { isFinal, useNewestTasks } from './useTasks'

const KINDS = { succeeded: 'success', failed: 'error', cancelled: 'info' } as const
const SHOWN_MS = 12_000

/** Return the tasks that have come to an end since they were last seen unfinished. */
export function newlyFinished(known: ReadonlyMap<string, TaskStatus>, tasks: readonly Task[], since: number) {
  return tasks.filter((task) => {
    if (!isFinal(task.status))
      return false
    const before = known.get(task.id)
    // one that came and went between two looks was never seen at work
    return before === undefined ? Date.parse(task.finished_at ?? '') > since : !isFinal(before)
  })
}

/** Tell the person who started a task that it has ended, wherever they are; count those at work. */
export function useTaskAnnouncements(): { busy: ComputedRef<number> } {
  const { t } = useI18n()
  const router = useRouter()
  const queries = useQueryClient()
  const { data } = useNewestTasks()
  const known = new Map<string, TaskStatus>()
  let lookedAt = Date.now()

  watch(() => data.value?.items, (tasks) => {
    if (!tasks)
      return
    const finished = newlyFinished(known, tasks, lookedAt)
    for (const task of tasks)
      known.set(task.id, task.status)
    lookedAt = Date.now()
    if (finished.length > 0)
      void queries.invalidateQueries({ predicate: query => query.queryKey[0] !== 'datasets' })
    finished.filter(task => router.currentRoute.value.path !== `/tasks/${task.id}`).forEach(announce)
  })

  function announce(task: Task) {
    const message = t(`announce.${task.status}`, { model: task.model })
    const notice = ElNotification({
      title: t(`status.${task.status}`),
      message: () => h('span', { 'data-testid': 'task-announcement' }, message),
      type: KINDS[task.status as keyof typeof KINDS],
      duration: SHOWN_MS,
      position: 'bottom-right',
      onClick: () => {
        notice.close()
        void router.push(`/tasks/${task.id}`)
      },
    })
  }

  return { busy: computed(() => data.value?.items.filter(task => !isFinal(task.status)).length ?? 0) }
}
