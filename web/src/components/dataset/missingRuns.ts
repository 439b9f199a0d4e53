/** Which stretches of the map of missing values are drawn as one piece. */

export interface Run {
  from: number
  width: number
  /** The share of missing steps; 0 where nothing is missing. */
  share: number
}

const SHADES = 4

/** Join neighbours of the same shade; where a series is not alive, nothing is drawn. */
export function runsOf(shares: readonly (number | null)[]): Run[] {
  const runs: Run[] = []
  shares.forEach((exact, from) => {
    if (exact === null)
      return
    const share = Math.ceil(exact * SHADES) / SHADES
    const last = runs.at(-1)
    if (last && last.share === share && last.from + last.width === from)
      last.width += 1
    else
      runs.push({ from, width: 1, share })
  })
  return runs
}
