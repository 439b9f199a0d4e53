import { computed, ref, shallowRef } from 'vue'
import type { ApiProblem } from '@/api/problem'
import { asProblem } from '@/api/problem'
import type { Dataset, Mapping, Preview } from '@/api/types'
import { previewFile } from '@/api/upload'
import { guessedMapping } from '@/components/dataset/roles'
import { useStoreDataset } from './useDatasets'

/** `sales 2025.csv.gz` is called `sales 2025`. */
export function nameOfFile(file: string): string {
  return file.replace(/(\.(csv|tsv|txt|xlsx|xls|jsonl?|parquet|feather|gz|zip))+$/i, '').slice(0, 120) || file.slice(0, 120)
}

/** A file on its way: looked at, its columns given roles, stored. */
export function useUpload() {
  const storing = useStoreDataset()
  const file = shallowRef<File | null>(null)
  const preview = shallowRef<Preview | null>(null)
  const previewProblem = shallowRef<ApiProblem | null>(null)
  const mapping = ref<Mapping | null>(null)
  const name = ref('')
  const sent = ref<number | null>(null)
  let stop: AbortController | null = null

  async function choose(chosen: File) {
    stop?.abort() // only the newest file may set the state
    stop = new AbortController()
    const { signal } = stop
    storing.reset()
    file.value = chosen
    name.value = nameOfFile(chosen.name)
    preview.value = null
    mapping.value = null
    previewProblem.value = null
    sent.value = 0
    try {
      const found = await previewFile(chosen, { signal, onProgress: share => sent.value = share })
      preview.value = found
      mapping.value = found.mapping ?? guessedMapping(found.columns, found.layout, found.frequency)
    } catch (error) {
      if (!signal.aborted)
        previewProblem.value = asProblem(error)
    } finally {
      if (!signal.aborted)
        sent.value = null
    }
  }

  async function store(): Promise<Dataset | null> {
    if (!file.value)
      return null
    sent.value = 0
    const onProgress = (share: number) => sent.value = share
    const stored = await storing
      .mutateAsync({ file: file.value, name: name.value, mapping: mapping.value, onProgress })
      .catch(() => null)
    sent.value = null
    return stored
  }

  return {
    file,
    preview,
    mapping,
    name,
    sent,
    choose,
    store,
    isStoring: storing.isPending,
    storeProblem: computed(() => storing.error.value ? asProblem(storing.error.value) : null),
    previewProblem,
  }
}
