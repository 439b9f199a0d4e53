import type { Ref } from 'vue'
import { computed, ref, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { asProblem, fieldErrors } from '@/api/problem'
import type { Draft } from '@/components/forecast/draft'
import { draftOf, newDraft, requestOf } from '@/components/forecast/draft'
import { useDataset } from './useDatasets'
import { useForecast, useMakeForecast } from './useForecasts'
import { useModels, useVersion } from './useModels'

/** A query parameter that is there once, or null. */
function one(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

/** The forecast page's work: a draft, what it leads to, and an address that keeps both. */
export function useForecastDesk() {
  const route = useRoute()
  const router = useRouter()
  const models = useModels()
  const making = useMakeForecast()

  const shownId = computed(() => one(route.query.forecast))
  const shown = useForecast(shownId)
  const draft: Ref<Draft> = ref(newDraft(one(route.query.model)))
  const version = useVersion(() => draft.value.model, () => draft.value.version)
  const dataset = useDataset(() => draft.value.model ? version.data.value?.lineage.dataset_id : null)

  const wanted = one(route.query.version)
  if (wanted !== null && /^\d+$/.test(wanted))
    draft.value.version = Number(wanted)

  // a model that nobody chose: the newest
  watch(() => models.items.value[0]?.name, (newest) => {
    if (draft.value.model === null && shownId.value === null && newest !== undefined)
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

  const problem = computed(() => making.error.value ? asProblem(making.error.value) : null)

  return {
    draft,
    models,
    version: version.data,
    dataset: dataset.data,
    shown,
    isRunning: making.isPending,
    problem,
    errors: computed(() => fieldErrors(making.error.value)),
    run,
  }
}
