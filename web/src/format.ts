/** Writes numbers, dates and sizes the way a language does. Series live in UTC, events in local time. */

/** What one step of a series is, from a pandas alias such as `D`, `W-FRI`, `15min` or `MS`. */
export type Step = 'minute' | 'hour' | 'day' | 'business' | 'week' | 'month' | 'quarter' | 'year'

const STEPS: Record<string, Step> = {
  s: 'minute',
  t: 'minute',
  min: 'minute',
  h: 'hour',
  d: 'day',
  b: 'business',
  w: 'week',
  m: 'month',
  ms: 'month',
  me: 'month',
  q: 'quarter',
  qs: 'quarter',
  qe: 'quarter',
  y: 'year',
  ys: 'year',
  ye: 'year',
  a: 'year',
}

export function stepOf(frequency: string): Step {
  const unit = /^\d*([a-z]+)/i.exec(frequency.trim())?.[1]?.toLowerCase() ?? ''
  return STEPS[unit] ?? 'day'
}

const UTC = { timeZone: 'UTC' } as const
const DAY = { year: 'numeric', month: 'short', day: 'numeric' } as const
const CLOCK = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
const BYTES = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const
const MINUTE = 60
const HOUR = 3600

function dateOptions(step: Step): Intl.DateTimeFormatOptions {
  if (step === 'minute' || step === 'hour')
    return { ...DAY, ...CLOCK }
  if (step === 'month' || step === 'quarter')
    return { year: 'numeric', month: 'short' }
  return step === 'year' ? { year: 'numeric' } : DAY
}

/** How many decimals the figures of one column get, so that they can be compared at a glance. */
export function digitsOfColumn(values: readonly (number | null | undefined)[]): number {
  const known = values.filter(value => value !== null && value !== undefined)
  if (known.every(value => Number.isInteger(value)))
    return 0
  const largest = Math.max(...known.map(Math.abs))
  return largest >= 1000 ? 0 : largest >= 10 ? 1 : 2
}

/** Chosen so that a figure has about three digits that matter. */
function digitsFor(value: number): number {
  const size = Math.abs(value)
  if (Number.isInteger(value) || size >= 1000)
    return 0
  return size >= 100 ? 0 : size >= 10 ? 1 : 2
}

export type Format = ReturnType<typeof formatFor>

export function formatFor(language: string) {
  const made = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()

  function keep<Kind extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => Kind): Kind {
    const found = made.get(key) ?? make()
    made.set(key, found)
    return found as Kind
  }

  function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
    return keep(`n${JSON.stringify(options)}`, () => new Intl.NumberFormat(language, options))
  }

  function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    return keep(`d${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(language, options))
  }

  function number(value: number | null | undefined, digits?: number): string {
    if (value === null || value === undefined)
      return '–'
    const fraction = digits ?? digitsFor(value)
    return numbers({ maximumFractionDigits: fraction, minimumFractionDigits: digits ?? 0 }).format(value)
  }

  function percent(value: number | null | undefined, digits = 1, signed = false): string {
    if (value === null || value === undefined)
      return '–'
    const signDisplay = signed ? 'exceptZero' : 'auto'
    return numbers({ style: 'percent', maximumFractionDigits: digits, signDisplay }).format(value)
  }

  /** A date of a series, as exact as its frequency. */
  function date(iso: string | number, step: Step = 'day'): string {
    return dates({ ...dateOptions(step), ...UTC }).format(new Date(iso))
  }

  function weekday(iso: string | number): string {
    return dates({ weekday: 'short', ...UTC }).format(new Date(iso))
  }

  function shortDate(iso: string | number): string {
    return dates({ month: 'short', day: 'numeric', ...UTC }).format(new Date(iso))
  }

  /** When something happened, on the clock of the person who reads it. */
  function moment(iso: string): string {
    return dates({ ...DAY, ...CLOCK }).format(new Date(iso))
  }

  function clock(iso: string): string {
    return dates({ ...CLOCK, second: '2-digit' }).format(new Date(iso))
  }

  function bytes(value: number | null | undefined): string {
    if (value === null || value === undefined)
      return '–'
    const place = value > 0 ? Math.min(Math.floor(Math.log10(value) / 3), BYTES.length - 1) : 0
    const unit = BYTES[place] ?? 'byte'
    const scaled = value / 1000 ** place
    return numbers({ style: 'unit', unit, maximumFractionDigits: scaled < 10 && place > 0 ? 1 : 0 }).format(scaled)
  }

  function part(value: number, unit: 'hour' | 'minute' | 'second' | 'millisecond', digits = 0): string {
    return numbers({ style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: digits }).format(value)
  }

  /** How long something takes, in the two units that matter. */
  function duration(seconds: number): string {
    if (seconds < 1)
      return part(seconds * 1000, 'millisecond')
    if (seconds < MINUTE)
      return part(seconds, 'second', seconds < 10 ? 1 : 0)
    const whole = Math.round(seconds)
    if (whole < HOUR)
      return `${part(Math.floor(whole / MINUTE), 'minute')} ${part(whole % MINUTE, 'second')}`
    return `${part(Math.floor(whole / HOUR), 'hour')} ${part(Math.floor(whole % HOUR / MINUTE), 'minute')}`
  }

  function list(words: readonly string[]): string {
    return new Intl.ListFormat(language, { type: 'conjunction' }).format(words)
  }

  /** Sentences one after the other; Chinese has no spaces between them. */
  function text(sentences: readonly string[]): string {
    return sentences.join(language.startsWith('zh') ? '' : ' ')
  }

  return { number, percent, date, weekday, shortDate, moment, clock, bytes, duration, list, text }
}

/** The same, but every number is written as a share. */
export function inPercent(format: Format): Format {
  return { ...format, number: value => format.percent(value, 0) }
}
