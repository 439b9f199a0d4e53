import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { ApiProblem } from '@/api/problem'
import { asProblem } from '@/api/problem'
import type { Dataset, Mapping, Preview, Reading } from '@/api/types'
import { previewFile } from '@/api/upload'
import { wholeLines } from '@/api/wholeLines'
import { guessedMapping, missingRoles } from '@/components/dataset/roles'
import { useStoreDataset } from './useDatasets'

const PATIENCE_MS = 500
const LARGE = 16 << 20
const HEAD = 8 << 20
const TEXT = /\.(csv|tsv|txt)$/i

/** `sales 2025.csv.gz` is called `sales 2025`. */
export function nameOfFile(file: string): string {
  return file.replace(/(\.(csv|tsv|txt|xlsx|xls|jsonl?|parquet|feather|gz|zip))+$/i, '').slice(0, 120) || file.slice(0, 120)
}

/** Whether a look at the file needs no more than its beginning, or so little that it does not matter. */
export function isQuickToSend(file: File): boolean {
  return file.size <= LARGE || TEXT.test(file.name)
}

/** What is sent for a look at a file: of a large text its first whole rows, else all of it. */
export async function headOf(file: File): Promise<File> {
  if (file.size <= LARGE || !TEXT.test(file.name))
    return file
  const bytes = new Uint8Array(await file.slice(0, HEAD).arrayBuffer())
  return new File([bytes.subarray(0, wholeLines(bytes))], file.name)
}

/** What was seen of the beginning tells about how many rows all of it has. */
function ofWhole(preview: Preview, head: File, file: File): Preview {
  if (head === file)
    return preview
  const rows = Math.max(preview.rows_estimate ?? 0, preview.sampled_rows)
  return { ...preview, complete: false, rows_estimate: Math.round(rows * file.size / head.size) }
}

/** A file on its way: looked at, its columns given roles, looked at again with each change, stored. */
export function useUpload() {
  const storing = useStoreDataset()
  const file = shallowRef<File | null>(null)
  const preview = shallowRef<Preview | null>(null)
  const previewProblem = shallowRef<ApiProblem | null>(null)
  const mapping = ref<Mapping | null>(null)
  const name = ref('')
  const sent = ref<number | null>(null)
  const isChecking = ref(false)
  const checked = ref('') // the mapping that the findings are of
  let stop: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const asked = computed(() => JSON.stringify(mapping.value))
  /** What is shown was found with another mapping. */
  const isStale = computed(() => mapping.value !== null && asked.value !== checked.value)

  /** Only the newest question may set the state. */
  function begin(): AbortSignal {
    stop?.abort()
    clearTimeout(timer)
    stop = new AbortController()
    storing.reset()
    previewProblem.value = null
    return stop.signal
  }

  async function look(work: (signal: AbortSignal) => Promise<void>) {
    const signal = begin()
    isChecking.value = true
    try {
      await work(signal)
    } catch (error) {
      if (!signal.aborted)
        previewProblem.value = asProblem(error)
    } finally {
      if (!signal.aborted) {
        isChecking.value = false
        sent.value = null
      }
    }
  }

  /** Let the server guess the roles; what somebody knows of the file stays. */
  async function guess(reading: Reading | null, signal: AbortSignal) {
    if (!file.value)
      return
    sent.value = 0
    const head = await headOf(file.value)
    const found = await previewFile(head, { reading }, { signal, onProgress: share => sent.value = share })
    preview.value = ofWhole(found, head, file.value)
    mapping.value = found.mapping
      ?? { ...guessedMapping(found.columns, found.layout, found.frequency), reading: reading ?? {} }
    checked.value = asked.value
  }

  function choose(chosen: File) {
    file.value = chosen
    name.value = nameOfFile(chosen.name)
    preview.value = null
    mapping.value = null
    return look(signal => guess(null, signal))
  }

  /** Read the file in another way, which may give it other columns. */
  const readAs = (reading: Reading) => look(signal => guess(reading, signal))

  /** Look again with the roles and fixes as they are now. */
  const check = () => look(async (signal) => {
    const [chosen, now] = [file.value, asked.value]
    if (!chosen || !mapping.value)
      return
    const head = await headOf(chosen)
    preview.value = ofWhole(await previewFile(head, { mapping: mapping.value }, { signal }), head, chosen)
    checked.value = now
  })

  watch(asked, () => {
    clearTimeout(timer)
    const isQuick = file.value !== null && isQuickToSend(file.value)
    if (isStale.value && isQuick && mapping.value && missingRoles(mapping.value).length === 0)
      timer = setTimeout(check, PATIENCE_MS)
  })
  onScopeDispose(() => clearTimeout(timer))

  async function store(): Promise<Dataset | null> {
    if (!file.value)
      return null
    begin()
    isChecking.value = false
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
    isChecking,
    isStale,
    choose,
    readAs,
    check,
    store,
    isStoring: storing.isPending,
    storeProblem: computed(() => storing.error.value ? asProblem(storing.error.value) : null),
    previewProblem,
  }
}
