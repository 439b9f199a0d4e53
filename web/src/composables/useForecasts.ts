import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { api, ask } from '@/api/client'
import type { Forecast, ForecastRequest, ForecastSummary } from '@/api/types'
import { useList } from './useList'

const PAGE = 100

export function useForecasts(model: MaybeRefOrGetter<string | null> = null) {
  return useList<ForecastSummary>(
    computed(() => ['forecasts', 'list', toValue(model)]),
    page_token => ask(api.GET('/api/prediction', {
      params: { query: { page_size: PAGE, page_token, model: toValue(model) ?? undefined } },
    })),
  )
}

/** The newest forecasts, for the home page. */
export function useNewestForecasts() {
  return useQuery({
    queryKey: ['forecasts', 'newest'],
    queryFn: () => ask(api.GET('/api/prediction', { params: { query: { page_size: 6 } } })),
  })
}

export function useForecast(id: MaybeRefOrGetter<string | null>) {
  return useQuery({
    queryKey: computed(() => ['forecasts', 'one', toValue(id)]),
    queryFn: async () => whole(await ask(api.GET('/api/prediction/{forecast_id}', {
      params: { path: { forecast_id: toValue(id) ?? '' } },
    }))),
    enabled: computed(() => toValue(id) !== null),
    staleTime: Infinity, // a forecast stays as it was made
  })
}

/** A forecast that was stored before it said totals and marks has none. */
function whole(forecast: Forecast): Forecast {
  return { ...forecast, series: forecast.series.map(one => Object.assign({ totals: {}, marks: [] }, one)) }
}

export function useMakeForecast() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: ForecastRequest) => ask(api.POST('/api/prediction', { body })),
    onSuccess: (forecast) => {
      queries.setQueryData(['forecasts', 'one', forecast.id], forecast)
      void queries.invalidateQueries({ queryKey: ['forecasts', 'list'] })
      void queries.invalidateQueries({ queryKey: ['forecasts', 'newest'] })
    },
  })
}

export function useDeleteForecast() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (id: string) =>
      ask(api.DELETE('/api/prediction/{forecast_id}', { params: { path: { forecast_id: id } } })),
    onSuccess: () => Promise.all([
      queries.invalidateQueries({ queryKey: ['forecasts', 'list'] }),
      queries.invalidateQueries({ queryKey: ['forecasts', 'newest'] }),
    ]),
  })
}

export function exportAddress(id: string, format: 'csv' | 'xlsx' | 'parquet'): string {
  return `/api/prediction/${encodeURIComponent(id)}/export?format=${format}`
}
