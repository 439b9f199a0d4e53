import { Boxes, ChartSpline, Database, GraduationCap, History, House, ListChecks, Settings } from '@lucide/vue'
import type { Component } from 'vue'

export interface Place {
  path: string
  /** Its key in the glossary. */
  label: string
  icon: Component
}

const HOME: Place = { path: '/', label: 'nav.home', icon: House }
const FORECAST: Place = { path: '/forecast', label: 'nav.forecast', icon: ChartSpline }
const FORECASTS: Place = { path: '/forecasts', label: 'nav.forecasts', icon: History }
const DATASETS: Place = { path: '/datasets', label: 'nav.datasets', icon: Database }
const TRAIN: Place = { path: '/train', label: 'nav.train', icon: GraduationCap }
const TASKS: Place = { path: '/tasks', label: 'nav.tasks', icon: ListChecks }
const MODELS: Place = { path: '/models', label: 'nav.models', icon: Boxes }
const SETTINGS: Place = { path: '/settings', label: 'nav.settings', icon: Settings }

/** The rail, in the groups that it shows. */
export const RAIL: Place[][] = [[HOME, FORECAST, FORECASTS], [DATASETS, TRAIN, TASKS, MODELS]]
export const RAIL_END: Place[] = [SETTINGS]
/** On a phone: what a thumb reaches, and the rest behind "more". */
export const BOTTOM: Place[] = [HOME, FORECAST, TRAIN, TASKS]
export const MORE: Place[] = [DATASETS, MODELS, FORECASTS, SETTINGS]

/** Say whether a page belongs to a place: `/forecasts/1` to `/forecasts`, but not to `/forecast`. */
export function isAt(place: Place, path: string): boolean {
  return place.path === '/' ? path === '/' : path === place.path || path.startsWith(`${place.path}/`)
}
