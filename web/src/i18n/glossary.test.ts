import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { en } from './en'
import { zhCN } from './zh-CN'

function keysOf(glossary: object, prefix = ''): string[] {
  return Object.entries(glossary).flatMap(([key, words]) =>
    typeof words === 'string' ? [`${prefix}${key}`] : keysOf(words as object, `${prefix}${key}.`))
}

function placeholders(glossary: object): Map<string, string> {
  const texts = new Map<string, string>()
  const walk = (part: object, prefix: string) => {
    for (const [key, words] of Object.entries(part) as [string, string | object][]) {
      if (typeof words === 'string')
        texts.set(`${prefix}${key}`, [...words.matchAll(/\{(\w+)\}/g)].map(match => match[1]).sort().join())
      else
        walk(words, `${prefix}${key}.`)
    }
  }
  walk(glossary, '')
  return texts
}

const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter(path => /\.(ts|vue)$/.test(path) && !/\.test\.ts$|^i18n|schema\.d\.ts$/.test(path))
  .map(path => readFileSync(join('src', path), 'utf8'))
  .join('\n')

const quoted = new Set([...source.matchAll(/'([a-z]\w*(?:\.\w+)+)'/gi)].map(match => match[1] ?? ''))
// a key that is put together, such as `status.${status}`: its beginning and its end
const patterns = [...source.matchAll(/`([a-z]\w*\.)\$\{[^}]+\}(\w*)`/gi)]
  .map(match => new RegExp(`^${match[1]?.replace('.', '\\.')}\\w+${match[2]}$`))

test('both languages have the same keys', () => {
  expect(keysOf(zhCN)).toEqual(keysOf(en))
})

test('both languages fill in the same values', () => {
  const chinese = placeholders(zhCN)

  for (const [key, names] of placeholders(en))
    expect(chinese.get(key), key).toBe(names)
})

test('no key is unused', () => {
  const unused = keysOf(en).filter(key => !quoted.has(key) && !patterns.some(pattern => pattern.test(key)))

  expect(unused).toEqual([])
})

test('no key is missing', () => {
  const known = new Set(keysOf(en))
  const groups = new Set(Object.keys(en))
  const said = [...source.matchAll(/\bte?\('([^']+)'/g)].map(match => match[1] ?? '')
  const named = [...quoted].filter(key => groups.has(key.split('.')[0] ?? '') && /^\w+\.\w+$/.test(key))

  expect([...new Set([...said, ...named])].filter(key => !known.has(key))).toEqual([])
})
