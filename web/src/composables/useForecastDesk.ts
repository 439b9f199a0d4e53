import type { Ref } from 'vue'
import { computed, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { asProblem, fieldErrors } from '@/api/problem'
import type { Draft } from '@/components/forecast/draft'
import { draftOf, newDraft, requestOf } from '@/components/forecast/draft'
import { useDataset } from './useDatasets'
import { useForecast, useMakeForecast } from './useForecasts'
import { useModel, useModels, useVersion, useVersions } from './useModels'

/** A query parameter that is there once, or null. */
function one(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** The forecast page's work: a draft, what it leads to, and an address that keeps both. */
export function useForecastDesk() {
  const route = useRoute()
  const router = useRouter()
  const search = ref('')
  const models = useModels(search)
  const making = useMakeForecast()

  const shownId = computed(() => one(route.query.forecast))
  const shown = useForecast(shownId)
  const draft: Ref<Draft> = ref(newDraft(one(route.query.model)))
  const model = useModel(() => draft.value.model)
  const versions = useVersions(() => draft.value.model)
  const version = useVersion(() => draft.value.model, () => draft.value.version)
  const dataset = useDataset(() => draft.value.model ? version.data.value?.lineage.dataset_id : null)

  const wanted = one(route.query.version)
  if (wanted !== null && /^\d+$/.test(wanted))
    draft.value.version = Number(wanted)

  // a model that nobody chose: the newest
  watch(() => models.items.value[0]?.name, (newest) => {
    if (draft.value.model === null && shownId.value === null && newest !== undefined && search.value === '')
      draft.value = newDraft(newest)
  }, { immediate: true })

  // a forecast that the address names: the form shows what was asked for
  watch(() => shown.data.value, (forecast) => {
    if (forecast && making.data.value?.id !== forecast.id)
      draft.value = draftOf(forecast.request)
  }, { immediate: true })

  async function run() {
    const forecast = await making.mutateAsync(requestOf(draft.value)).catch(() => null)
    if (forecast)
      await router.replace({ path: '/forecast', query: { forecast: forecast.id } })
  }

  /** The model, its version or its data cannot be had, so there is nothing to look at before a forecast. */
  const basis = computed(() => [version, dataset].find(query => query.error.value !== null))

  const problem = computed(() => making.error.value ? asProblem(making.error.value) : null)

  return {
    draft,
    models,
    search,
    model: model.data,
    versions: versions.items,
    version: version.data,
    dataset: dataset.data,
    basisError: computed(() => basis.value?.error.value ?? null),
    retryBasis: () => void basis.value?.refetch(),
    shown,
    isRunning: making.isPending,
    problem,
    errors: computed(() => fieldErrors(making.error.value)),
    run,
  }
}
