/** The JSON schemas that a form is drawn from: flat, each property with a default and its words. */

export type Value = string | number | boolean
export type Values = Record<string, Value>

interface Words {
  title: string
  title_zh?: string
  description?: string
  description_zh?: string
}

interface Bounds {
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
}

export type Property = Words & Bounds & {
  type: 'integer' | 'number' | 'boolean' | 'string'
  default: Value
  enum?: string[]
}

export interface NamedProperty {
  name: string
  property: Property
}

const TYPES = ['integer', 'number', 'boolean', 'string']

function isValue(value: unknown): value is Value {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function isProperty(value: unknown): value is Property {
  return typeof value === 'object' && value !== null
    && 'type' in value && TYPES.includes(String(value.type))
    && 'default' in value && isValue(value.default)
}

/** Return what can be drawn, in the order of the schema. The server sets the rest by its defaults. */
export function propertiesOf(schema: Record<string, unknown>): NamedProperty[] {
  const found = schema.properties
  if (typeof found !== 'object' || found === null)
    return []
  return Object.entries(found).flatMap(([name, property]: [string, unknown]) =>
    isProperty(property) ? [{ name, property: { ...property, title: property.title ?? name } }] : [])
}

export function defaultsOf(properties: readonly NamedProperty[]): Values {
  return Object.fromEntries(properties.map(({ name, property }) => [name, property.default]))
}

/** Return the values that differ from their defaults: what is left out stays the server's choice. */
export function changedOf(properties: readonly NamedProperty[], values: Values): Values {
  const changed = properties.flatMap(({ name, property }) => {
    const value = values[name]
    return value === undefined || value === property.default ? [] : [[name, value] as const]
  })
  return Object.fromEntries(changed)
}

/** Return a text in the language of the app. */
export function wordsOf(property: Words, language: string): { title: string, description: string } {
  const isChinese = language.startsWith('zh')
  return {
    title: (isChinese && property.title_zh) || property.title,
    description: (isChinese && property.description_zh) || property.description || '',
  }
}

/** Say what is wrong with a value before the server does: only what its bounds say. */
export function isOutOfBounds(property: Property, value: Value): boolean {
  if (property.type === 'integer' && !Number.isInteger(value))
    return true
  if (typeof value !== 'number')
    return false
  return !boundsOf(property).every(({ keeps, bound }) => keeps(value, bound))
}

const SIGNS = {
  minimum: { sign: '≥', keeps: (value: number, bound: number) => value >= bound },
  exclusiveMinimum: { sign: '>', keeps: (value: number, bound: number) => value > bound },
  maximum: { sign: '≤', keeps: (value: number, bound: number) => value <= bound },
  exclusiveMaximum: { sign: '<', keeps: (value: number, bound: number) => value < bound },
}

function boundsOf(property: Property) {
  return (['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum'] as const).flatMap((name) => {
    const bound = property[name]
    return bound === undefined ? [] : [{ ...SIGNS[name], bound }]
  })
}

/** Write the bounds as a range: `1 – 8`, `> 0`, `≤ 0.9`. */
export function rangeOf(property: Property, write: (value: number) => string = String): string {
  const { minimum, maximum } = property
  if (minimum !== undefined && maximum !== undefined)
    return `${write(minimum)} – ${write(maximum)}`
  return boundsOf(property).map(({ sign, bound }) => `${sign} ${write(bound)}`).join(', ')
}
