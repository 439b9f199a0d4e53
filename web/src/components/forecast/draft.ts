/** A forecast before it is asked for. */
import type { Fill, ForecastRequest, Keys } from '@/api/types'

export interface Draft {
  model: string | null
  /** A number, or what an alias such as `best` points at. */
  version: number | string
  /** None means all of the model's scope. */
  series: Keys[]
  /** The model's own where it is null. */
  horizon: number | null
  /** The step after the last value where it is null. */
  start: string | null
  fill: Record<string, Fill>
  /** What is known besides the numbers; only language models read it. */
  note: string
}

const QUANTILES = [0.025, 0.1, 0.5, 0.9, 0.975]
const PATHS = 200
const HORIZONS_OF_HISTORY = 8
const USUAL_HISTORY = 112
const MOST_HISTORY = 2000

export function newDraft(model: string | null = null): Draft {
  return { model, version: 'best', series: [], horizon: null, start: null, fill: {}, note: '' }
}

/** Ask again for what was asked then. */
export function draftOf(request: ForecastRequest): Draft {
  return {
    model: request.model,
    version: request.version,
    series: request.series ?? [],
    horizon: request.horizon ?? null,
    start: request.start ?? null,
    fill: request.fill,
    note: request.note ?? '',
  }
}

export function requestOf(draft: Draft): ForecastRequest {
  const history = Math.max(USUAL_HISTORY, HORIZONS_OF_HISTORY * (draft.horizon ?? 0))
  return {
    model: draft.model ?? '',
    version: draft.version,
    series: draft.series.length > 0 ? draft.series : null,
    horizon: draft.horizon,
    start: draft.start,
    future: [],
    fill: draft.fill,
    note: draft.note,
    quantiles: QUANTILES,
    paths: PATHS,
    seed: 0,
    history: Math.min(history, MOST_HISTORY),
  }
}

/** Return the covariates that a refusal says are missing: `'price' of store S001 on 2025-01-01`. */
export function missingColumns(errors: readonly { pointer: string, detail: string }[], known: readonly string[]) {
  const gaps = errors.filter(error => error.pointer === '/future')
  const named = known.filter(column => gaps.some(gap => gap.detail.includes(`'${column}'`)))
  return gaps.length > 0 && named.length === 0 ? [...known] : named
}
