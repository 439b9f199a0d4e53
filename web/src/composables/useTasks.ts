import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { api, ask } from '@/api/client'
import type { Task, TaskStatus, TrainingRequest } from '@/api/types'
import { useList } from './useList'

const PAGE = 50
const BUSY_MS = 3000
const IDLE_MS = 20_000
const LOST_MS = 4000 // until the server answers again

export function isFinal(status: TaskStatus): boolean {
  return status === 'succeeded' || status === 'failed' || status === 'cancelled'
}

function pace(tasks: readonly Task[]): number {
  return tasks.some(task => !isFinal(task.status)) ? BUSY_MS : IDLE_MS
}

export function useTasks(status: MaybeRefOrGetter<TaskStatus | null> = null) {
  return useList<Task>(
    computed(() => ['tasks', 'list', toValue(status)]),
    page_token => ask(api.GET('/api/tasks', {
      params: { query: { page_size: PAGE, page_token, status: toValue(status) } },
    })),
    { refetchInterval: items => pace(items as Task[]) },
  )
}

/** The newest tasks, kept fresh while the app is open: for the announcements and the home page. */
export function useNewestTasks() {
  return useQuery({
    queryKey: ['tasks', 'newest'],
    queryFn: () => ask(api.GET('/api/tasks', { params: { query: { page_size: 20 } } })),
    refetchInterval: query => query.state.error ? LOST_MS : pace(query.state.data?.items ?? []),
  })
}

export function useTask(id: MaybeRefOrGetter<string>) {
  return useQuery({
    queryKey: computed(() => ['tasks', 'one', toValue(id)]),
    queryFn: () => ask(api.GET('/api/tasks/{task_id}', { params: { path: { task_id: toValue(id) } } })),
    refetchInterval: (query) => {
      const task = query.state.data
      return task && isFinal(task.status) ? false : BUSY_MS
    },
  })
}

export function useStartTraining() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: TrainingRequest) => ask(api.POST('/api/training', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  })
}

export function useCancelTask() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.POST('/api/tasks/{task_id}/cancel', { params: { path: { task_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  })
}

export function useAlgorithms() {
  return useQuery({
    queryKey: ['algorithms'],
    queryFn: () => ask(api.GET('/api/algorithms')),
    staleTime: 5 * 60_000,
  })
}
