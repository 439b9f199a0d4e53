import { useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { onScopeDispose, ref, watch } from 'vue'
import { asProblem } from '@/api/problem'

/**
 * Whether the server answers: any query that gets no answer says no, any that gets one says yes.
 *
 * When it answers again, what could not be loaded meanwhile is asked for once more.
 */
export function useConnection(): Readonly<Ref<boolean>> {
  const queries = useQueryClient()
  const isConnected = ref(true)
  const stop = queries.getQueryCache().subscribe(({ type, query }) => {
    if (type !== 'updated')
      return
    const { status, fetchFailureReason, fetchStatus } = query.state
    if (fetchFailureReason !== null)
      isConnected.value = !asProblem(fetchFailureReason).isOffline
    else if (status === 'success' && fetchStatus === 'idle')
      isConnected.value = true
  })
  watch(isConnected, (connected) => {
    if (connected)
      void queries.refetchQueries({ predicate: query => query.state.status === 'error' })
  })
  onScopeDispose(stop)
  return isConnected
}
