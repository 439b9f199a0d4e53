/** The members of an ensemble, from the manifest of its version. */
import type { Manifest } from '@/api/files'

export interface Member {
  name: string
  /** Its share in the forecast of steady series, 0 to 1. */
  steady: number
  /** Its share in the forecast of intermittent series. */
  intermittent: number
}

/** Return the members, the one that counts most first; none where the model is no ensemble. */
export function membersOf({ settings: { members = [], weights = [] } }: Manifest): Member[] {
  const [steady = [], intermittent = []] = weights
  return members
    .map(({ name }, place) => ({ name, steady: steady[place] ?? 0, intermittent: intermittent[place] ?? 0 }))
    .toSorted((a, b) => b.steady + b.intermittent - a.steady - a.intermittent)
}
