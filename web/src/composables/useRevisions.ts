/** The versions of a dataset: which there are, how they differ, and how a new one is made from an old one. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { api, ask } from '@/api/client'
import { extendWithFile } from '@/api/upload'
import type { Dataset, Mapping } from '@/api/types'
import { useList } from './useList'

const PAGE = 50

/** All versions of the dataset of a name, newest first. */
export function useRevisions(name: MaybeRefOrGetter<string>) {
  return useList<Dataset>(
    computed(() => ['datasets', 'list', 'of', toValue(name)]),
    page_token => ask(api.GET('/api/datasets', {
      params: { query: { page_size: PAGE, page_token, name: toValue(name) } },
    })),
  )
}

/** How a version differs from another one. */
export function useComparison(id: MaybeRefOrGetter<string>, previous: MaybeRefOrGetter<string | null>) {
  return useQuery({
    queryKey: computed(() => ['datasets', 'comparison', toValue(id), toValue(previous)]),
    queryFn: () => ask(api.GET('/api/datasets/{dataset_id}/compare', {
      params: { path: { dataset_id: toValue(id) }, query: { previous: toValue(previous) } },
    })),
    enabled: computed(() => toValue(previous) !== null),
    staleTime: Infinity,
  })
}

export function useExtendDataset() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, file, onProgress }: { id: string, file: File, onProgress?: (share: number) => void }) =>
      extendWithFile(id, file, { onProgress }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets', 'list'] }),
  })
}

export function useRemakeDataset() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ id, mapping }: { id: string, mapping: Mapping }) =>
      ask(api.POST('/api/datasets/{dataset_id}/remake', { params: { path: { dataset_id: id } }, body: { mapping } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['datasets', 'list'] }),
  })
}

export function exportAddress(id: string, format: 'csv' | 'parquet'): string {
  return `/api/datasets/${encodeURIComponent(id)}/export?format=${format}`
}
