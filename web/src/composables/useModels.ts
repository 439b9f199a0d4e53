import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import type { MaybeRefOrGetter } from 'vue'
import { computed, toValue } from 'vue'
import { api, ask } from '@/api/client'
import type { Manifest, Report } from '@/api/files'
import { MANIFEST, readFile, REPORT } from '@/api/files'
import type { Model, ModelVersion } from '@/api/types'
import { useList } from './useList'

const PAGE = 200

export function useModels(search: MaybeRefOrGetter<string> = '') {
  return useList<Model>(
    computed(() => ['models', 'list', toValue(search)]),
    page_token => ask(api.GET('/api/models', {
      params: { query: { page_size: PAGE, page_token, search: toValue(search) || undefined } },
    })),
    { isSearched: true },
  )
}

export function useModel(name: MaybeRefOrGetter<string | null>) {
  return useQuery({
    queryKey: computed(() => ['models', 'one', toValue(name)]),
    queryFn: () => ask(api.GET('/api/models/{name}', { params: { path: { name: toValue(name) ?? '' } } })),
    enabled: computed(() => toValue(name) !== null),
  })
}

export function useVersions(name: MaybeRefOrGetter<string | null>) {
  return useList<ModelVersion>(
    computed(() => ['models', 'versions', toValue(name)]),
    page_token => ask(api.GET('/api/models/{name}/versions', {
      params: { path: { name: toValue(name) ?? '' }, query: { page_size: PAGE, page_token } },
    })),
    { isEnabled: () => toValue(name) !== null },
  )
}

/** Any version: by its number, or by what an alias such as `best` points at. */
export function useVersion(
  name: MaybeRefOrGetter<string | null>, version: MaybeRefOrGetter<number | string>,
) {
  return useQuery({
    queryKey: computed(() => ['models', 'version', toValue(name), toValue(version)]),
    queryFn: () => ask(api.GET('/api/models/{name}/versions/{version}', {
      params: { path: { name: toValue(name) ?? '', version: String(toValue(version)) } },
    })),
    enabled: computed(() => toValue(name) !== null),
  })
}

/** How good a version was, by series, by step and over time; nothing where it has no report. */
export function useReport(version: MaybeRefOrGetter<ModelVersion>) {
  return useFile<Report>(version, REPORT)
}

/** What a version says about itself. */
export function useManifest(version: MaybeRefOrGetter<ModelVersion>) {
  return useFile<Manifest>(version, MANIFEST)
}

function useFile<Data>(version: MaybeRefOrGetter<ModelVersion>, file: string) {
  return useQuery({
    queryKey: computed(() => ['models', 'file', toValue(version).model, toValue(version).version, file]),
    queryFn: () => readFile<Data>(toValue(version).model, toValue(version).version, file),
    enabled: computed(() => toValue(version).files.some(one => one.name === file)),
    staleTime: Infinity, // a version never changes
  })
}

export function usePromote(name: MaybeRefOrGetter<string>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (version: number) => ask(api.PUT('/api/models/{name}/aliases/{alias}', {
      params: { path: { name: toValue(name), alias: 'best' } },
      body: { version },
    })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['models'] }),
  })
}

export function useDeleteModel() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (name: string) => ask(api.DELETE('/api/models/{name}', { params: { path: { name } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['models', 'list'] }),
  })
}

export function useDeleteVersion(name: MaybeRefOrGetter<string>) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (version: number) => ask(api.DELETE('/api/models/{name}/versions/{version}', {
      params: { path: { name: toValue(name), version: String(version) } },
    })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['models'] }),
  })
}
