/** What went wrong with a request, in the words of the server (RFC 9457) or of the network. */
import type { FieldError, Problem } from './types'

/** A request that failed. `status` 0 means that no answer came at all. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem'

  constructor(
    readonly status: number,
    detail: string,
    readonly errors: readonly FieldError[] = [],
    readonly requestId: string | null = null,
  ) {
    super(detail)
  }

  get isOffline(): boolean {
    return this.status === 0
  }
}

function isProblem(body: unknown): body is Problem {
  return typeof body === 'object' && body !== null && 'detail' in body && typeof body.detail === 'string'
}

/** Read the body of a failed answer; one that is no problem document still gets its request id. */
export function readProblem(status: number, body: unknown, requestId: string | null): ApiProblem {
  if (isProblem(body))
    return new ApiProblem(status, body.detail, body.errors, body.request_id ?? requestId)
  return new ApiProblem(status, '', [], requestId)
}

/** Return what any thrown thing means for the person at the screen. */
export function asProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem)
    return error
  return new ApiProblem(0, '')
}

/** Return the first complaint about each field, by its pointer: `/scope/product_id`. */
export function fieldErrors(error: unknown): Record<string, string> {
  const found: Record<string, string> = {}
  if (error instanceof ApiProblem) {
    for (const { pointer, detail } of error.errors)
      found[pointer] ??= detail
  }
  return found
}

/** Return the complaints below a pointer, by the name that follows it. */
export function errorsBelow(errors: Record<string, string>, pointer: string): Record<string, string> {
  const below = Object.entries(errors).filter(([key]) => key.startsWith(`${pointer}/`))
  return Object.fromEntries(below.map(([key, detail]) => [key.slice(pointer.length + 1), detail]))
}

/** Say whether every complaint stands at a field that the form shows. */
export function isShownAtFields(error: unknown, shown: (pointer: string) => boolean): boolean {
  return error instanceof ApiProblem
    && error.errors.length > 0
    && error.errors.every(one => shown(one.pointer))
}
