// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { readSaved } from './preferences'

test('what was chosen is remembered', () => {
  const saved = readSaved('{"language":"en","theme":"dark","density":"comfortable","isRailNarrow":true}')

  expect(saved).toEqual({ language: 'en', theme: 'dark', density: 'comfortable', isRailNarrow: true })
})

test('what cannot be read, or is not known, falls back to the usual', () => {
  for (const text of [null, '{', '[]', '"x"', '{"theme":"pink","language":7}'])
    expect(readSaved(text)).toMatchObject({ theme: 'system', density: 'compact', isRailNarrow: false })
})
