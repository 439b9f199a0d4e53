/** The names that the app uses for the shapes of the API, all of them generated. */
import type { components } from './schema'

type Schemas = components['schemas']

export type Algorithm = Schemas['Algorithm']
export type ColumnGuess = Schemas['ColumnGuess']
export type Comparison = Schemas['Comparison']
export type Dataset = Schemas['Dataset']
export type EpochEvent = Schemas['EpochEvent']
export type FieldError = Schemas['FieldError']
export type Finding = Schemas['Finding']
export type Forecast = Schemas['Forecast']
export type ForecastPoint = Schemas['ForecastPoint']
export type ForecastRequest = Schemas['ForecastRequest']
export type ForecastSummary = Schemas['ForecastSummary']
export type Health = Schemas['Health']
export type IdColumn = Schemas['IdColumn']
export type LogEvent = Schemas['LogEvent']
export type Mapping = Schemas['Mapping']
export type Mark = Schemas['Mark']
export type MetricEvent = Schemas['MetricEvent']
export type MissingSeries = Schemas['MissingSeries']
export type Model = Schemas['Model']
export type ModelVersion = Schemas['ModelVersion']
export type PeriodTotal = Schemas['PeriodTotal']
export type Point = Schemas['Point']
export type Preview = Schemas['Preview']
export type Problem = Schemas['Problem']
export type Quality = Schemas['Quality']
export type Reading = Schemas['Reading']
export type SampleRequest = Schemas['SampleRequest']
export type Scope = Schemas['Scope']
export type SeriesForecast = Schemas['SeriesForecast']
export type Sentence = Schemas['Sentence']
export type SeriesSummary = Schemas['SeriesSummary']
export type SeriesValues = Schemas['SeriesValues']
export type ServiceHealth = Schemas['ServiceHealth']
export type SourceFormat = Schemas['SourceFormat']
export type Split = Schemas['Split']
export type Stats = Schemas['Stats']
export type StatusEvent = Schemas['StatusEvent']
export type Task = Schemas['Task']
export type TaskStatus = Schemas['TaskStatus']
export type Total = Schemas['Total']
export type TrainingRequest = Schemas['TrainingRequest']

export type Level = Scope['level']
export type Demand = SeriesSummary['demand']
export type Fill = ForecastRequest['fill'][string]
/** What a task tells while it runs; each kind has its `type`. */
export type TaskEvent = StatusEvent | EpochEvent | LogEvent | MetricEvent
/** The values of the id columns that name one series. */
export type Keys = Record<string, string>

export interface Page<Item> {
  items: Item[]
  next_page_token?: string | null
  total: number
}
