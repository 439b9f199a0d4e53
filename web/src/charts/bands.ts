/** Reads intervals out of quantiles. */

export interface Band {
  low: string
  high: string
  /** The share of outcomes that it is meant to hold, 0 to 1. */
  coverage: number
}

const CLOSE = 1e-6

/** Pair the quantiles that lie evenly around the median, widest first. */
export function bandsOf(keys: readonly string[]): Band[] {
  const bands: Band[] = []
  for (const low of keys) {
    const level = Number(low)
    const high = keys.find(key => Math.abs(Number(key) + level - 1) < CLOSE)
    if (level < 0.5 && high !== undefined)
      bands.push({ low, high, coverage: Number((Number(high) - level).toFixed(6)) })
  }
  return bands.sort((a, b) => b.coverage - a.coverage)
}

/** The band to speak of: the one nearest to 80 %. */
export function usualBand(bands: readonly Band[]): Band | undefined {
  return [...bands].sort((a, b) => Math.abs(a.coverage - 0.8) - Math.abs(b.coverage - 0.8))[0]
}

export function medianKey(keys: readonly string[]): string | undefined {
  return keys.find(key => Math.abs(Number(key) - 0.5) < CLOSE)
}
