import { useQuery } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { useI18n } from 'vue-i18n'
import { api, ask } from '@/api/client'
import type { ServiceHealth } from '@/api/types'

export function useStats() {
  return useQuery({ queryKey: ['stats'], queryFn: () => ask(api.GET('/api/stats')), refetchInterval: 30_000 })
}

export function useHealth(isEnabled: MaybeRefOrGetter<boolean> = true) {
  return useQuery({
    queryKey: ['health'],
    queryFn: () => ask(api.GET('/api/health')),
    refetchInterval: 15_000,
    enabled: computed(() => toValue(isEnabled)),
  })
}

/** What a service is called, and what it says of itself, in the language of the app where that is known. */
export function useServiceWords() {
  const { t, te } = useI18n()

  function nameOf(service: string): string {
    return te(`service.${service}`) ? t(`service.${service}`) : service
  }

  function noteOf({ detail, notes }: ServiceHealth): string {
    const isKnown = notes.length > 0 && notes.every(note => te(`serviceNote.${note}`))
    return isKnown ? notes.map(note => t(`serviceNote.${note}`)).join(' ') : detail ?? ''
  }

  return { nameOf, noteOf }
}
