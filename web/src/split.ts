/** How time is split into what is learned from, what checks the learning and what is kept as a test. */
import type { Dataset, Split } from './api/types'
import { stepsBefore } from './steps'

export interface Part {
  /** `learn`: training, with the validation at the end of each series. */
  name: 'train' | 'learn' | 'validation' | 'test'
  start: number
  end: number
  steps: number | null
}

/** Return the parts of a split that the server told. */
export function partsOf(split: Split, frequency: string): Part[] {
  const [train, validation, test] = [split.train_end, split.validation_end, split.test_end].map(Date.parse) as
    [number, number, number]
  const after = (end: number, steps: number) => stepsBefore(end, frequency, steps - 1)
  const parts: Part[] = [
    { name: 'train', start: Date.parse(split.train_start), end: train, steps: split.train_steps },
    {
      name: 'validation', start: after(validation, split.validation_steps), end: validation,
      steps: split.validation_steps,
    },
    { name: 'test', start: after(test, split.test_steps), end: test, steps: split.test_steps },
  ]
  return parts.filter(part => part.steps !== 0)
}

/** Return the parts that a training would have; none where nothing would be left to learn from. */
export function plannedParts(
  dataset: Pick<Dataset, 'start' | 'end' | 'frequency'>, validation: number | null, test: number,
): Part[] {
  const { frequency } = dataset
  const [start, end] = [Date.parse(dataset.start), Date.parse(dataset.end)]
  const held = (validation ?? 0) + test
  const last = stepsBefore(end, frequency, held)
  if (last <= start)
    return []
  const part = (name: Part['name'], steps: number, later: number): Part => ({
    name,
    start: stepsBefore(end, frequency, later + steps - 1),
    end: stepsBefore(end, frequency, later),
    steps,
  })
  return [
    { name: validation === null ? 'learn' : 'train', start, end: last, steps: null },
    ...(validation ? [part('validation', validation, test)] : []),
    ...(test > 0 ? [part('test', test, 0)] : []),
  ]
}
