import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'

export const LANGUAGES = ['zh-CN', 'en'] as const
export const THEMES = ['system', 'light', 'dark'] as const
export const DENSITIES = ['compact', 'comfortable'] as const
export type Language = typeof LANGUAGES[number]
export type Theme = typeof THEMES[number]
export type Density = typeof DENSITIES[number]

const KEY = 'shelfcast.preferences'

interface Saved {
  language: Language
  theme: Theme
  density: Density
  isRailNarrow: boolean
}

/** Take one of the known values, or the first where something else was kept. */
function oneOf<Value extends string>(known: readonly [Value, ...Value[]], value: unknown, otherwise: Value) {
  return known.find(one => one === value) ?? otherwise
}

function spokenHere(): Language {
  return navigator.language.toLowerCase().startsWith('zh') ? 'zh-CN' : 'en'
}

/** Read what was kept, from whatever an older version or a person wrote there. */
export function readSaved(text: string | null): Saved {
  let kept: Record<string, unknown> = {}
  try {
    const parsed: unknown = JSON.parse(text ?? '{}')
    if (typeof parsed === 'object' && parsed !== null)
      kept = { ...parsed }
  } catch {
    // what cannot be read is forgotten
  }
  return {
    language: oneOf(LANGUAGES, kept.language, spokenHere()),
    theme: oneOf(THEMES, kept.theme, 'system'),
    density: oneOf(DENSITIES, kept.density, 'compact'),
    isRailNarrow: kept.isRailNarrow === true,
  }
}

/** How this person wants the app to look; kept in this browser only. */
export const usePreferences = defineStore('preferences', () => {
  const saved = readSaved(localStorage.getItem(KEY))
  const language = ref(saved.language)
  const theme = ref(saved.theme)
  const density = ref(saved.density)
  const isRailNarrow = ref(saved.isRailNarrow)

  const system = globalThis.matchMedia('(prefers-color-scheme: dark)')
  const isSystemDark = ref(system.matches)
  system.addEventListener('change', event => isSystemDark.value = event.matches)
  const isDark = computed(() => theme.value === 'system' ? isSystemDark.value : theme.value === 'dark')

  // at once, because charts read their colours from the styles that these classes choose
  watch(isDark, dark => document.documentElement.classList.toggle('dark', dark), { immediate: true, flush: 'sync' })
  watch(density, (chosen) => {
    document.documentElement.classList.toggle('comfortable', chosen === 'comfortable')
  }, { immediate: true })

  watch([language, theme, density, isRailNarrow], () => {
    const now: Saved = {
      language: language.value,
      theme: theme.value,
      density: density.value,
      isRailNarrow: isRailNarrow.value,
    }
    localStorage.setItem(KEY, JSON.stringify(now))
  })

  return { language, theme, density, isRailNarrow, isDark }
})
