import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { api, ask } from '@/api/client'
import { storeFile } from '@/api/upload'
import type { Dataset, Demand, Keys, Mapping, SampleRequest } from '@/api/types'
import { nextPage, useList } from './useList'

const PAGE = 100
const MOST_POINTS = 4000
const STRETCHES = 120 // of time in the map of missing values
const MAPPED = 30 // series in a page of it

/** How id values travel in a query: `store_id:S001`. */
export function whereOf(keys: Keys): string[] {
  return Object.entries(keys).map(([column, value]) => `${column}:${value}`)
}

export function useDatasets(search: MaybeRefOrGetter<string> = '') {
  return useList<Dataset>(
    computed(() => ['datasets', 'list', toValue(search)]),
    page_token => ask(api.GET('/api/datasets', {
      params: { query: { page_size: PAGE, page_token, search: toValue(search) || undefined } },
    })),
    { isSearched: true },
  )
}

export function useDataset(id: MaybeRefOrGetter<string | null | undefined>) {
  return useQuery({
    queryKey: computed(() => ['datasets', 'one', toValue(id)]),
    queryFn: () => ask(api.GET('/api/datasets/{dataset_id}', {
      params: { path: { dataset_id: toValue(id) ?? '' } },
    })),
    enabled: computed(() => Boolean(toValue(id))),
    staleTime: Infinity, // a dataset never changes
  })
}

/** The id columns of a dataset and their values. */
export function useIds(id: MaybeRefOrGetter<string | null | undefined>) {
  return useQuery({
    queryKey: computed(() => ['datasets', 'ids', toValue(id)]),
    queryFn: () => ask(api.GET('/api/datasets/{dataset_id}/ids', {
      params: { path: { dataset_id: toValue(id) ?? '' } },
    })),
    enabled: computed(() => Boolean(toValue(id))),
    staleTime: Infinity,
  })
}

export function useQuality(id: MaybeRefOrGetter<string | null | undefined>) {
  return useQuery({
    queryKey: computed(() => ['datasets', 'quality', toValue(id)]),
    queryFn: () => ask(api.GET('/api/datasets/{dataset_id}/quality', {
      params: { path: { dataset_id: toValue(id) ?? '' } },
    })),
    enabled: computed(() => Boolean(toValue(id))),
    staleTime: Infinity,
  })
}

/** Where a dataset misses values, series by series. */
export function useMissing(id: MaybeRefOrGetter<string | null>) {
  return useInfiniteQuery({
    queryKey: computed(() => ['datasets', 'missing', toValue(id)]),
    queryFn: ({ pageParam }) => ask(api.GET('/api/datasets/{dataset_id}/missing', {
      params: {
        path: { dataset_id: toValue(id) ?? '' },
        query: { buckets: STRETCHES, page_size: MAPPED, page_token: pageParam },
      },
    })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
    enabled: computed(() => toValue(id) !== null),
    staleTime: Infinity,
  })
}

/** The dates on which training, validation and test would begin and end. */
export function useSplit(
  id: MaybeRefOrGetter<string>, validation: MaybeRefOrGetter<number>, test: MaybeRefOrGetter<number>,
) {
  return useQuery({
    queryKey: computed(() => ['datasets', 'split', toValue(id), toValue(validation), toValue(test)]),
    queryFn: () => ask(api.GET('/api/datasets/{dataset_id}/split', {
      params: { path: { dataset_id: toValue(id) }, query: { validation: toValue(validation), test: toValue(test) } },
    })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })
}

interface Order {
  demand?: Demand | null
  /** A figure of the series; with `-` the largest first. */
  sort?: string | null
}

/** The series of a dataset: searched by the server, page after page. */
export function useSeries(
  id: MaybeRefOrGetter<string | null | undefined>,
  search: MaybeRefOrGetter<string>,
  keys: MaybeRefOrGetter<Keys> = {},
  order: MaybeRefOrGetter<Order> = {},
) {
  return useInfiniteQuery({
    queryKey: computed(() => ['datasets', 'series', toValue(id), toValue(search), toValue(keys), toValue(order)]),
    queryFn: ({ pageParam }) => ask(api.GET('/api/datasets/{dataset_id}/series', {
      params: {
        path: { dataset_id: toValue(id) ?? '' },
        query: {
          search: toValue(search) || undefined,
          where: whereOf(toValue(keys)),
          demand: toValue(order).demand ?? undefined,
          sort: toValue(order).sort ?? undefined,
          page_size: PAGE,
          page_token: pageParam,
        },
      },
    })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
    enabled: computed(() => Boolean(toValue(id))),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })
}

/** The values of one series, or with `total` the sum of all that match. */
export function useValues(
  id: MaybeRefOrGetter<string | null | undefined>,
  keys: MaybeRefOrGetter<Keys | null>,
  total: MaybeRefOrGetter<boolean> = false,
) {
  return useQuery({
    queryKey: computed(() => ['datasets', 'values', toValue(id), toValue(keys), toValue(total)]),
    queryFn: () => ask(api.GET('/api/datasets/{dataset_id}/values', {
      params: {
        path: { dataset_id: toValue(id) ?? '' },
        query: { where: whereOf(toValue(keys) ?? {}), limit: MOST_POINTS, total: toValue(total) },
      },
    })),
    enabled: computed(() => Boolean(toValue(id)) && toValue(keys) !== null),
    staleTime: Infinity,
  })
}

export function useMakeSample() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: SampleRequest) => ask(api.POST('/api/sample-data', { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets', 'list'] }),
  })
}

export interface NewDataset {
  file: File
  name: string
  mapping: Mapping | null
  onProgress?: (share: number) => void
}

export function useStoreDataset() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ file, name, mapping, onProgress }: NewDataset) =>
      storeFile(file, name, mapping, { onProgress }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets', 'list'] }),
  })
}

export function useDeleteDataset() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, force }: { id: string, force: boolean }) =>
      ask(api.DELETE('/api/datasets/{dataset_id}', {
        params: { path: { dataset_id: id }, query: { force } },
      })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets', 'list'] }),
  })
}
