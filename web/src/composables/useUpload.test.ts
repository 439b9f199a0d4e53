// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { headOf, nameOfFile } from './useUpload'

test('a dataset is called after its file, without its endings', () => {
  expect(['sales 2025.csv.gz', 'a.xlsx', 'no ending', '.csv'].map(nameOfFile))
    .toEqual(['sales 2025', 'a', 'no ending', '.csv'])
})

test('a large text is looked at again by its beginning, and anything else large only when asked', () => {
  const file = (name: string, size: number) => new File([new Uint8Array(size)], name)

  const small = file('a.xlsx', 10)
  expect(headOf(small)).toBe(small)
  expect(headOf(file('a.csv', 17 << 20))?.size).toBe(8 << 20)
  expect(headOf(file('a.parquet', 17 << 20))).toBeNull()
})
