import { expect, test } from 'vitest'
import { wholeLines } from './wholeLines'

function cut(text: string): string {
  const bytes = new TextEncoder().encode(text)
  return new TextDecoder().decode(bytes.subarray(0, wholeLines(bytes)))
}

function wide(text: string, isLittle: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 * text.length + 2))
  for (const [place, unit] of [...`\uFEFF${text}`].entries())
    view.setUint16(2 * place, unit.charCodeAt(0), isLittle)
  return new Uint8Array(view.buffer)
}

const rows = `day,note\n${'2024-01-01,plain\n'.repeat(4)}`

test('a text is cut after its last whole line', () => {
  expect(cut(`${rows}2024-01-02,pl`)).toBe(rows)
  expect(cut(rows)).toBe(rows)
  expect(cut('no line ends')).toBe('no line ends')
})

test('a line break inside a quoted cell ends no row', () => {
  expect(cut(`${rows}2024-01-02,"two\nlines, not`)).toBe(rows)
  expect(cut(`${rows}2024-01-02,"two\nlines"\n2024`)).toBe(`${rows}2024-01-02,"two\nlines"\n`)
  expect(cut(`${rows}2024-01-02,"he said ""a\nb"" and\n`)).toBe(rows)
  expect(cut(`${rows}2024-01-02,'two\nlines, not`)).toBe(rows)
})

test('lines may end in a return and a newline', () => {
  expect(cut('a,b\r\n1,2\r\n"x\r\ny')).toBe('a,b\r\n1,2\r\n')
})

test('a quote in the midst of a cell opens nothing', () => {
  expect(cut(`${rows}2024-01-02,5" pipe\n2024-01-03,pl`)).toBe(`${rows}2024-01-02,5" pipe\n`)
})

test('where a quote is opened and never closed, lines count as they stand', () => {
  const text = `day,note\n2024-01-01,"open\n${'2024-01-02,plain\n'.repeat(9)}`

  expect(cut(`${text}2024`)).toBe(text)
})

test.each([true, false])('letters of two bytes are told apart from others that hold a newline', (isLittle) => {
  const bytes = wide('日,Ċ\n1,2\n"Ċ\n', isLittle)

  expect(bytes.length).toBe(24)
  expect(wholeLines(bytes)).toBe(2 + 2 * 8)
})
