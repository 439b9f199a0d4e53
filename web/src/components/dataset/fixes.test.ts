import { expect, test } from 'vitest'
import type { Finding, Mapping } from '@/api/types'
import { fixFor, refusing, withFix } from './fixes'
import { guessedMapping } from './roles'

function finding(code: string, fixes: string[], fix: string | null): Finding {
  return { code, severity: 'error', count: 1, detail: '', sentences: [], examples: [], fixes, fix }
}

const mapping: Mapping = { ...guessedMapping([], 'long', 'D'), fixes: { duplicate_rows: 'sum' } }
const twice = finding('duplicate_rows', ['refuse', 'sum'], 'refuse')
const text = finding('text_in_numbers', ['refuse', 'missing'], 'refuse')

test('what was proposed is preselected, else what the server does by itself', () => {
  expect(fixFor(mapping, twice)).toBe('sum')
  expect(fixFor(mapping, text)).toBe('refuse')
  expect(fixFor(mapping, finding('blank_rows', [], null))).toBeUndefined()
})

test('a file is refused until something is chosen for what refuses it', () => {
  expect(refusing(mapping, [twice, text])).toEqual([text])
  expect(refusing(withFix(mapping, 'text_in_numbers', 'missing'), [twice, text])).toEqual([])
})

test('what a date without a row means is the same choice in both places', () => {
  const chosen = withFix({ ...mapping, fixes: { missing_dates: 'zero' } }, 'missing_dates', 'closed')

  expect(chosen.gaps).toBe('closed')
  expect(chosen.fixes).toEqual({})
  expect(fixFor(chosen, finding('missing_dates', ['zero', 'closed'], 'zero'))).toBe('closed')
})
