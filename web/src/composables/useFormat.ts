import type { ComputedRef } from 'vue'
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import type { Format } from '@/format'
import { formatFor } from '@/format'

/** Numbers and dates in the language of the app. */
export function useFormat(): ComputedRef<Format> {
  const { locale } = useI18n()
  return computed(() => formatFor(locale.value))
}
