/** Counts steps of a series on the calendar: days and weeks, working days, months. */

import { stepOf } from './format'

const DAY_MS = 86_400_000
const LENGTHS: Record<string, number> = { s: 1000, t: 60_000, min: 60_000, h: 3_600_000, w: 7 * DAY_MS }
const MONTHS = { month: 1, quarter: 3, year: 12 } as const

/** Return the moment that lies so many steps before another one, for a pandas alias such as `D` or `15min`. */
export function stepsBefore(moment: number, frequency: string, steps: number): number {
  const [, digits = '', unit = ''] = /^(\d*)([a-z]+)/i.exec(frequency.trim()) ?? []
  const count = steps * (Number(digits) || 1)
  const step = stepOf(frequency)
  if (step === 'business')
    return workingDaysBefore(moment, count)
  if (step === 'month' || step === 'quarter' || step === 'year')
    return monthsBefore(moment, count * MONTHS[step])
  return moment - count * (LENGTHS[unit.toLowerCase()] ?? DAY_MS)
}

function workingDaysBefore(moment: number, count: number): number {
  let day = moment
  for (let left = count; left > 0;) {
    day -= DAY_MS
    const weekday = new Date(day).getUTCDay()
    left -= weekday === 0 || weekday === 6 ? 0 : 1
  }
  return day
}

function monthsBefore(moment: number, months: number): number {
  const date = new Date(moment)
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() - months, 1)
  const isLast = new Date(moment + DAY_MS).getUTCDate() === 1
  const last = new Date(first)
  const days = new Date(Date.UTC(last.getUTCFullYear(), last.getUTCMonth() + 1, 0)).getUTCDate()
  const day = isLast ? days : Math.min(date.getUTCDate(), days)
  return first + (day - 1) * DAY_MS
}
