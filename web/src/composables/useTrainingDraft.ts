import { computed, ref, watch } from 'vue'
import type { Algorithm, Dataset, Keys, Level, TrainingRequest } from '@/api/types'
import type { Values } from '@/components/schema-form/schema'
import { changedOf, defaultsOf, propertiesOf } from '@/components/schema-form/schema'
import { columnsOf, levelsOf, scopeOf } from '@/series'

const FIRST_HORIZON = 28

interface Choices {
  dataset: () => Dataset | undefined
  algorithm: () => Algorithm | undefined
}

/** A training before it is started: what is chosen, and what it asks the server for. */
export function useTrainingDraft({ dataset, algorithm }: Choices) {
  const level = ref<Level>('product')
  const keys = ref<Keys>({})
  const total = ref(false)
  const horizon = ref(FIRST_HORIZON)
  const contextLength = ref<number | null>(null)
  const seed = ref(0)
  const parameters = ref<Values>({})

  const levels = computed(() => levelsOf(dataset()?.ids ?? []))
  const columns = computed(() => columnsOf(level.value, dataset()?.ids ?? []))
  const properties = computed(() => propertiesOf(algorithm()?.hyperparameters ?? {}))

  watch(levels, (possible) => {
    if (!possible.includes(level.value))
      level.value = possible[0] ?? 'global'
  })
  watch(() => dataset()?.id, () => keys.value = {})
  watch(properties, now => parameters.value = defaultsOf(now), { immediate: true })

  /** Only the columns that the level asks for, and of those the ones that are set. */
  const chosenKeys = computed<Keys>(() => {
    const set = columns.value.map(column => [column, keys.value[column] ?? ''] as const)
    return Object.fromEntries(set.filter(([, value]) => value !== ''))
  })
  const isComplete = computed(() =>
    dataset() !== undefined && algorithm() !== undefined
    && (level.value === 'global' || Object.keys(chosenKeys.value).length > 0))

  function request(): TrainingRequest {
    return {
      dataset_id: dataset()?.id ?? '',
      algorithm: algorithm()?.name ?? '',
      scope: scopeOf(level.value, total.value, chosenKeys.value),
      horizon: horizon.value,
      context_length: contextLength.value,
      hyperparameters: changedOf(properties.value, parameters.value),
      seed: seed.value,
      test_steps: 0,
      backtest_windows: 0,
      refit_every: 0,
    }
  }

  return {
    level, keys, total, horizon, contextLength, seed, parameters, levels, columns, properties, chosenKeys, isComplete,
    request,
  }
}
