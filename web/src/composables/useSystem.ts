import { useQuery } from '@tanstack/vue-query'
import { api, ask } from '@/api/client'

export function useStats() {
  return useQuery({ queryKey: ['stats'], queryFn: () => ask(api.GET('/api/stats')), refetchInterval: 30_000 })
}

export function useHealth() {
  return useQuery({ queryKey: ['health'], queryFn: () => ask(api.GET('/api/health')), refetchInterval: 15_000 })
}
