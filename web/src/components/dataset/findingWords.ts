import { useI18n } from 'vue-i18n'

/** What findings and their fixes are called. A newer server may know more of them than the glossary. */
export function useFindingWords() {
  const { t, te } = useI18n()

  function titleOf(code: string): string {
    const key = `finding.${code}`
    return te(key) ? t(key) : ''
  }

  function fixName(fix: string): string {
    const key = `fix.${fix}`
    return te(key) ? t(key) : fix.replaceAll('_', ' ')
  }

  return { titleOf, fixName }
}
