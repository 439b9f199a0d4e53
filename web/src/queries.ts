import { QueryClient } from '@tanstack/vue-query'
import { asProblem } from './api/problem'

const TRIES = 3

/** What the server refused stays refused; what it could not answer is asked again. */
function isWorthAnotherTry(failures: number, error: unknown): boolean {
  const { status } = asProblem(error)
  return failures < TRIES && (status === 0 || status === 429 || status >= 502)
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      retry: isWorthAnotherTry,
      retryDelay: failures => Math.min(500 * 2 ** failures, 8000),
      staleTime: 5000,
      networkMode: 'always', // the server may well be on this very machine
    },
    mutations: { networkMode: 'always' },
  },
})
