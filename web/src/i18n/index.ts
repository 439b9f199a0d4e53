import { createI18n } from 'vue-i18n'
import type { Language } from '@/stores/preferences'

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  missingWarn: false,
  fallbackWarn: false,
  messages: {} as Record<string, Record<string, never>>,
})

const glossaries = {
  en: () => import('./en').then(module => module.en),
  'zh-CN': () => import('./zh-CN').then(module => module.zhCN),
}

/** Load the words of a language, then speak it. */
export async function speak(language: Language): Promise<void> {
  i18n.global.setLocaleMessage(language, await glossaries[language]())
  i18n.global.locale.value = language
  document.documentElement.lang = language
}
