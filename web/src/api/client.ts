/** The one way to the server: typed by the API's document, and every failure an `ApiProblem`. */
import createClient from 'openapi-fetch'
import { ApiProblem, readProblem } from './problem'
import type { paths } from './schema'

export const REQUEST_ID = 'x-request-id'

async function reach(request: Request): Promise<Response> {
  try {
    return await globalThis.fetch(request)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError')
      throw error
    throw new ApiProblem(0, '')
  }
}

export const api = createClient<paths>({ baseUrl: globalThis.location.origin, fetch: reach })

interface Answer<Data> {
  data?: Data
  error?: unknown
  response: Response
}

/**
 * Return the data of an answer.
 *
 * @throws ApiProblem: the server refused, or did not answer.
 */
export async function ask<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answer
  if (!response.ok)
    throw readProblem(response.status, error, response.headers.get(REQUEST_ID))
  return data as Data
}
