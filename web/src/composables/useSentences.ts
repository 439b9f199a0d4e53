import { useI18n } from 'vue-i18n'
import type { Sentence } from '@/api/types'
import { useFormat } from './useFormat'

/** Says in the language of the app what a server says in English. A newer server may know more sentences. */
export function useSentences() {
  const { t, te, tm } = useI18n()
  const format = useFormat()

  function write(value: Sentence['values'][string]): string {
    if (Array.isArray(value))
      return format.value.list(value)
    return typeof value === 'number' ? format.value.number(value) : value
  }

  function isKnown({ key, values }: Sentence): boolean {
    if (!te(`sentence.${key}`))
      return false
    const words: string = tm(`sentence.${key}`)
    return [...words.matchAll(/\{(\w+)\}/g)].every(([, name]) => name !== undefined && name in values)
  }

  /** Return sentences in the language of the app, or the words of the server where one is not known. */
  function say(sentences: readonly Sentence[], otherwise: string): string {
    if (sentences.length === 0 || !sentences.every(isKnown))
      return otherwise
    return format.value.text(sentences.map(({ key, values }) =>
      t(`sentence.${key}`, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, write(value)])))))
  }

  return { say }
}
