// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { nameOfFile } from './useUpload'

test('a dataset is called after its file, without its endings', () => {
  expect(['sales 2025.csv.gz', 'a.xlsx', 'no ending', '.csv'].map(nameOfFile))
    .toEqual(['sales 2025', 'a', 'no ending', '.csv'])
})
