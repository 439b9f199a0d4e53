import { useQueryClient } from '@tanstack/vue-query'
import type { Ref } from 'vue'
import { onScopeDispose, ref } from 'vue'
import { asProblem } from '@/api/problem'

/** Whether the server answers: any query that gets no answer says no, any that gets one says yes. */
export function useConnection(): Readonly<Ref<boolean>> {
  const isConnected = ref(true)
  const stop = useQueryClient().getQueryCache().subscribe(({ type, query }) => {
    if (type !== 'updated')
      return
    const { status, fetchFailureReason } = query.state
    if (fetchFailureReason !== null)
      isConnected.value = !asProblem(fetchFailureReason).isOffline
    else if (status === 'success' && query.state.fetchStatus === 'idle')
      isConnected.value = true
  })
  onScopeDispose(stop)
  return isConnected
}
