import type { ComputedRef } from 'vue'
import { computed } from 'vue'
import { usePreferences } from '@/stores/preferences'

export interface ChartColours {
  ink: string
  inkFaint: string
  line: string
  surface: string
  surfaceSunk: string
  history: string
  forecast: string
  actual: string
  bandInner: string
  bandOuter: string
  /** Of what is marked on the axis. */
  marks: string[]
  font: string
}

function readColours(): ChartColours {
  const styles = getComputedStyle(document.documentElement)
  const read = (name: string) => styles.getPropertyValue(`--${name}`).trim()
  return {
    ink: read('ink'),
    inkFaint: read('ink-faint'),
    line: read('line'),
    surface: read('surface'),
    surfaceSunk: read('surface-sunk'),
    history: read('history'),
    forecast: read('forecast'),
    actual: read('actual'),
    bandInner: read('band-inner'),
    bandOuter: read('band-outer'),
    marks: [read('mark-1'), read('mark-2'), read('mark-3')],
    font: read('font'),
  }
}

/** The colours of the theme, for what is drawn on a canvas. */
export function useChartColours(): ComputedRef<ChartColours> {
  const preferences = usePreferences()
  return computed(() => {
    void preferences.isDark // the styles change with it
    return readColours()
  })
}
