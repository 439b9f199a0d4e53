// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { headOf, isQuickToSend, nameOfFile } from './useUpload'

test('a dataset is called after its file, without its endings', () => {
  expect(['sales 2025.csv.gz', 'a.xlsx', 'no ending', '.csv'].map(nameOfFile))
    .toEqual(['sales 2025', 'a', 'no ending', '.csv'])
})

const SIZE = 17 << 20

function fileOf(name: string, size: number, fill = 0x61) {
  const bytes = new Uint8Array(size).fill(fill)
  for (let place = 99; place < size; place += 100)
    bytes[place] = 10
  return new File([bytes], name)
}

test('of a large text only the first whole lines are sent for a look at it', async () => {
  const head = await headOf(fileOf('a.csv', SIZE))

  expect(head.size).toBe(Math.floor((8 << 20) / 100) * 100)
  expect(head.name).toBe('a.csv')
})

test('a small file, and a kind that cannot be cut, is sent whole', async () => {
  const files = [fileOf('a.csv', 1000), fileOf('a.parquet', SIZE)]

  expect(await Promise.all(files.map(headOf))).toEqual(files)
  expect(files.map(isQuickToSend)).toEqual([true, false])
})

test('a large text is not cut within a quoted cell of several lines', async () => {
  const bytes = new Uint8Array(await fileOf('a.csv', SIZE).arrayBuffer())
  bytes[8_000_000] = 34
  bytes[8_500_000] = 34

  expect((await headOf(new File([bytes], 'a.csv'))).size).toBe(8_000_000)
})

test('a text of two bytes for each character is not cut within one', async () => {
  const text = new Uint8Array(SIZE).fill(0x61)
  text.set([0xFF, 0xFE])
  text.set([10, 0], 1_000_000)

  expect((await headOf(new File([text], 'a.txt'))).size).toBe(1_000_002)
})
