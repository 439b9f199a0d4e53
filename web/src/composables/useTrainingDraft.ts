import { computed, ref, watch } from 'vue'
import type { Algorithm, Dataset, Keys, Level, TrainingRequest } from '@/api/types'
import type { NamedProperty, Values } from '@/components/schema-form/schema'
import { changedOf, defaultsOf, propertiesOf } from '@/components/schema-form/schema'
import { columnsOf, levelsOf, scopeOf } from '@/series'

const FIRST_HORIZON = 28
/** What is preselected where it can be used: it compares the others by itself. */
export const RECOMMENDED = 'auto'

/** How the trained model is judged, and what it knows of the calendar. */
export type Evaluation = Pick<
  TrainingRequest, 'validation_steps' | 'test_steps' | 'holidays' | 'backtest_windows' | 'refit_every'
>

export const USUAL_EVALUATION: Readonly<Evaluation> = {
  validation_steps: null,
  test_steps: 0,
  holidays: null,
  backtest_windows: 0,
  refit_every: 0,
}

/** Return the names of what somebody has set. */
export function changedEvaluation(evaluation: Evaluation): (keyof Evaluation)[] {
  const names = Object.keys(USUAL_EVALUATION) as (keyof Evaluation)[]
  return names.filter(name => evaluation[name] !== USUAL_EVALUATION[name])
}

/** Return the algorithms as they are offered: what is recommended first, what cannot be used here last. */
export function offered(algorithms: readonly Algorithm[]): Algorithm[] {
  return algorithms.toSorted((a, b) =>
    Number(b.available) - Number(a.available) || Number(b.name === RECOMMENDED) - Number(a.name === RECOMMENDED))
}

/** Return what suits the data and the language of the app, of a form that asks for their words. */
function suited(properties: readonly NamedProperty[], kind: string | undefined, language: string): Values {
  const wanted: Record<string, string | undefined> = { kind, language: language.slice(0, 2) }
  const found = properties.flatMap(({ name, property }) => {
    const value = wanted[name]
    return value !== undefined && property.enum?.includes(value) ? [[name, value] as const] : []
  })
  return Object.fromEntries(found)
}

interface Choices {
  dataset: () => Dataset | undefined
  algorithm: () => Algorithm | undefined
  language?: () => string
}

/** A training before it is started: what is chosen, and what it asks the server for. */
export function useTrainingDraft({ dataset, algorithm, language = () => 'en' }: Choices) {
  const level = ref<Level>('product')
  const keys = ref<Keys>({})
  const total = ref(false)
  const horizon = ref(FIRST_HORIZON)
  const contextLength = ref<number | null>(null)
  const seed = ref(0)
  const parameters = ref<Values>({})
  const evaluation = ref<Evaluation>({ ...USUAL_EVALUATION })

  const levels = computed(() => levelsOf(dataset()?.ids ?? []))
  const columns = computed(() => columnsOf(level.value, dataset()?.ids ?? []))
  const properties = computed(() => propertiesOf(algorithm()?.hyperparameters ?? {}))

  watch(levels, (possible) => {
    if (dataset() && !possible.includes(level.value)) // not while another dataset is on its way
      level.value = possible[0] ?? 'global'
  })
  watch(() => dataset()?.id, () => keys.value = {})
  watch(properties, now => parameters.value = defaultsOf(now), { immediate: true })
  watch([properties, () => dataset()?.kind, language] as const, ([now, kind, speaks]) => {
    parameters.value = { ...parameters.value, ...suited(now, kind, speaks) }
  }, { immediate: true })

  /** Only the columns that the level asks for, and of those the ones that are set. */
  const chosenKeys = computed<Keys>(() => {
    const set = columns.value.map(column => [column, keys.value[column] ?? ''] as const)
    return Object.fromEntries(set.filter(([, value]) => value !== ''))
  })
  /** Without an id, the total of each product or store is a series of its own. */
  const sumsEach = computed(() => total.value && ['product', 'store'].includes(level.value))
  const isComplete = computed(() =>
    dataset() !== undefined && algorithm() !== undefined
    && (level.value === 'global' || sumsEach.value || Object.keys(chosenKeys.value).length > 0))

  function request(): TrainingRequest {
    return {
      dataset_id: dataset()?.id ?? '',
      algorithm: algorithm()?.name ?? '',
      scope: scopeOf(level.value, total.value, chosenKeys.value),
      horizon: horizon.value,
      context_length: contextLength.value,
      hyperparameters: changedOf(properties.value, parameters.value),
      seed: seed.value,
      ...evaluation.value,
      refit_every: evaluation.value.backtest_windows > 0 ? evaluation.value.refit_every : 0,
    }
  }

  return {
    level, keys, total, horizon, contextLength, seed, parameters, evaluation, levels, columns, properties, chosenKeys,
    isComplete, request,
  }
}
