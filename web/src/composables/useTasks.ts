import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { api, ask } from '@/api/client'
import type { Task, TaskStatus, TrainingRequest } from '@/api/types'
import { isSame } from '@/same'
import { useList } from './useList'

const PAGE = 50
const MOST = 200 // the newest tasks, among which a baseline is looked for
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

/** The same training with an LSTM as it is by itself: one that was started already, else a new one. */
export function useBaseline() {
  const starting = useStartTraining()
  return useMutation({
    mutationFn: async (request: TrainingRequest) => {
      const wanted = { ...request, algorithm: 'lstm', hyperparameters: {}, pace_of: null }
      const { items } = await ask(api.GET('/api/tasks', { params: { query: { kind: 'training', page_size: MOST } } }))
      const found = items.find(task => isOfUse(task.status) && isSame(task.request, wanted))
      return found ?? await starting.mutateAsync(wanted)
    },
  })
}

function isOfUse(status: TaskStatus): boolean {
  return status !== 'failed' && status !== 'cancelled'
}

export function useCancelTask() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.POST('/api/tasks/{task_id}/cancel', { params: { path: { task_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  })
}

export function useRepeatTask() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.POST('/api/tasks/{task_id}/repeat', { params: { path: { task_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tasks'] }),
  })
}

export function useAlgorithms() {
  return useQuery({
    queryKey: ['algorithms'],
    queryFn: () => ask(api.GET('/api/algorithms')),
    staleTime: 5 * 60_000,
  })
}
