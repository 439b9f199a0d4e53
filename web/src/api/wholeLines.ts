/** Cuts the beginning of a text table after a whole row: a line break inside a quoted cell ends none. */

const NEWLINE = 10
const RETURN = 13
const DOUBLE = 34
const SINGLE = 39
const BEFORE_A_CELL = new Set([NEWLINE, RETURN, ...[...',;\t|'].map(sign => sign.charCodeAt(0))])
/** Less than this share of a text is no cut: rather was a quote opened that nothing closes. */
const FEWEST = 0.5

/** Return the letters of a text, as numbers: two bytes each in UTF-16, else one. */
function unitsOf(bytes: Uint8Array): Uint8Array | Uint16Array {
  const [first, second] = bytes
  const isBig = first === 0xFE && second === 0xFF
  if (!isBig && (first !== 0xFF || second !== 0xFE))
    return bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Uint16Array.from({ length: bytes.length >> 1 }, (_, place) => view.getUint16(2 * place, !isBig))
}

/** Return after how many letters the last whole row ends, 0 where none does. */
function endOfRows(units: Uint8Array | Uint16Array, quote: number): number {
  let isInside = false
  let end = 0
  let before = NEWLINE
  for (let place = 0; place < units.length; place += 1) {
    const unit = units[place] ?? 0
    if (unit === quote) {
      // what is quoted begins with its cell; two quotes in it stand for one
      isInside = !isInside && (before === quote || BEFORE_A_CELL.has(before))
    } else if (unit === NEWLINE && !isInside) {
      end = place + 1
    }
    before = unit
  }
  return end
}

/** Return how many bytes of the beginning of a text hold whole rows; all of them where no row ends. */
export function wholeLines(bytes: Uint8Array): number {
  const units = unitsOf(bytes)
  const width = units === bytes ? 1 : 2
  const last = units.lastIndexOf(NEWLINE) + 1 || units.length
  const end = endOfRows(units, units.includes(DOUBLE) ? DOUBLE : SINGLE)
  return width * (end >= FEWEST * last ? end : last)
}
