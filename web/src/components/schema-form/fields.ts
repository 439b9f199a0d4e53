import type { Component } from 'vue'
import ChoiceField from './ChoiceField.vue'
import NumberField from './NumberField.vue'
import type { Property } from './schema'
import SwitchField from './SwitchField.vue'
import TextField from './TextField.vue'

/** The one place that decides which input a property gets. */
export function fieldFor(property: Property): Component {
  if (property.enum)
    return ChoiceField

  switch (property.type) {
    case 'integer':
    case 'number': return NumberField
    case 'boolean': return SwitchField
    case 'string': return TextField
    default: throw new Error(`No field draws ${property.type satisfies never}`)
  }
}
