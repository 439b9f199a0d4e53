/** The files of a model version that the app reads: what they hold, as far as it is shown. */
import { api, ask } from './client'
import type { ModelVersion } from './types'

export type Numbers = Record<string, number | null>

/** `evaluation.json`: how good a version was, by series, by step and over time. */
export interface Report {
  kind: 'validation' | 'backtest'
  windows: number
  fits: number
  refit_every: number | null
  by_series: { keys: Record<string, string>, windows: number, metrics: Numbers }[]
  by_step: { step: number, metrics: Numbers }[]
  over_time: { date: string, points: number, metrics: Numbers }[]
  /** Series that were not learned from, or do not count in the metrics; a report of before does not say. */
  left_out?: { keys: Record<string, string>, reason: string }[]
}

/**
 * `manifest.json`: of an ensemble its members, and their weights for steady and for intermittent series; of a language
 * model what it was made from.
 */
export interface Manifest {
  settings: { members?: { name: string }[], weights?: number[][], base?: { name: string, digest: string } }
  notes: string[]
}

export const REPORT = 'evaluation.json'
export const MANIFEST = 'manifest.json'

export function hasReport(version: ModelVersion): boolean {
  return version.files.some(file => file.name === REPORT)
}

/** Read a file of a version; what it is was agreed with the forecasting core. */
export function readFile<Data>(name: string, version: number, file: string): Promise<Data> {
  return ask(api.GET('/api/models/{name}/versions/{version}/files/{file}', {
    params: { path: { name, version: String(version), file } },
    parseAs: 'json',
  })) as Promise<Data>
}
