/** Sends files by XMLHttpRequest, because `fetch` does not tell how much has been sent. */
import { api, ask, REQUEST_ID } from './client'
import { ApiProblem, readProblem } from './problem'
import type { Dataset, Mapping, Preview, Reading } from './types'

interface Sending {
  /** Told the share of the file that has left, 0 to 1. */
  onProgress?: (share: number) => void
  signal?: AbortSignal
}

/** What is known of a file: all of the mapping, or only how it is read. */
interface Known {
  mapping?: Mapping | null
  reading?: Reading | null
}

export function previewFile(file: File, known: Known = {}, sending: Sending = {}): Promise<Preview> {
  const form = new FormData()
  for (const [name, value] of Object.entries(known)) {
    if (value)
      form.append(name, JSON.stringify(value))
  }
  form.append('file', file)
  return send<Preview>('/api/upload/preview', form, sending)
}

export function storeFile(
  file: File, name: string, mapping: Mapping | null, sending: Sending = {},
): Promise<Dataset> {
  const form = new FormData()
  form.append('name', name)
  if (mapping)
    form.append('mapping', JSON.stringify(mapping))
  form.append('file', file)
  return send<Dataset>('/api/upload', form, sending)
}

/** Add the rows of a file to a dataset; the dataset's own mapping says how it is read. */
export function extendWithFile(id: string, file: File, sending: Sending = {}): Promise<Dataset> {
  const form = new FormData()
  form.append('file', file)
  return send<Dataset>(`/api/datasets/${encodeURIComponent(id)}/extend`, form, sending)
}

/** Of a large file, ask first whether it may come: a refusal in its midst would cut the line without a word. */
const LARGE = 64 << 20

async function send<Data>(path: string, form: FormData, sending: Sending): Promise<Data> {
  const file = form.get('file')
  if (file instanceof File && file.size > LARGE)
    await ask(api.GET('/api/upload', { params: { query: { size: file.size } }, signal: sending.signal }))
  return stream<Data>(path, form, sending)
}

function stream<Data>(path: string, form: FormData, { onProgress, signal }: Sending): Promise<Data> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', path)
    request.responseType = 'json'
    request.upload.onprogress = event => onProgress?.(event.total > 0 ? event.loaded / event.total : 0)
    request.onload = () => {
      if (request.status >= 200 && request.status < 300)
        resolve(request.response as Data)
      else
        reject(readProblem(request.status, request.response, request.getResponseHeader(REQUEST_ID)))
    }
    request.onerror = () => reject(new ApiProblem(0, ''))
    request.onabort = () => reject(new DOMException('Stopped', 'AbortError'))
    signal?.addEventListener('abort', () => request.abort(), { once: true })
    request.send(form)
  })
}
