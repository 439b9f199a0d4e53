import type { Ref } from 'vue'
import { onScopeDispose, ref } from 'vue'

/** Whether a media query holds now. */
export function useMedia(query: string): Readonly<Ref<boolean>> {
  const media = globalThis.matchMedia(query)
  const holds = ref(media.matches)
  const update = (event: MediaQueryListEvent) => holds.value = event.matches
  media.addEventListener('change', update)
  onScopeDispose(() => media.removeEventListener('change', update))
  return holds
}

export function useIsPhone(): Readonly<Ref<boolean>> {
  return useMedia('(max-width: 720px)')
}
