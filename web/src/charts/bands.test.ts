import { expect, test } from 'vitest'
import { bandsOf, medianKey, usualBand } from './bands'

test('quantiles that lie evenly around the median make a band, widest first', () => {
  expect(bandsOf(['0.025', '0.1', '0.5', '0.9', '0.975'])).toEqual([
    { low: '0.025', high: '0.975', coverage: 0.95 },
    { low: '0.1', high: '0.9', coverage: 0.8 },
  ])
})

test('a quantile without its opposite makes no band', () => {
  expect(bandsOf(['0.1', '0.5', '0.95'])).toEqual([])
})

test('the band that is spoken of is the one nearest to 80 %', () => {
  expect(usualBand(bandsOf(['0.025', '0.05', '0.1', '0.9', '0.95', '0.975']))?.coverage).toBe(0.8)
  expect(usualBand([])).toBeUndefined()
})

test('the median is found however it is written', () => {
  expect(medianKey(['0.1', '0.50', '0.9'])).toBe('0.50')
})
