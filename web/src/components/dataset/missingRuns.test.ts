import { expect, test } from 'vitest'
import { runsOf } from './missingRuns'

test('neighbours of the same shade are one piece, and nothing is drawn where a series is not alive', () => {
  expect(runsOf([null, 0, 0, 1, 0.9, 0, null])).toEqual([
    { from: 1, width: 2, share: 0 }, { from: 3, width: 2, share: 1 }, { from: 5, width: 1, share: 0 },
  ])
})

test('a single missing step is seen', () => {
  expect(runsOf([0.01])).toEqual([{ from: 0, width: 1, share: 0.25 }])
})
