import { keepPreviousData, useInfiniteQuery } from '@tanstack/vue-query'
import type { ComputedRef, Ref } from 'vue'
import { computed } from 'vue'
import type { Page } from '@/api/types'

export function nextPage(page: { next_page_token?: string | null }): string | undefined {
  return page.next_page_token ?? undefined
}

export interface List<Item> {
  items: ComputedRef<Item[]>
  total: ComputedRef<number>
  error: Ref<Error | null>
  isPending: Ref<boolean>
  hasMore: Ref<boolean>
  isLoadingMore: Ref<boolean>
  loadMore: () => void
  retry: () => void
}

interface Options {
  /** Milliseconds until it is asked for again, by what it holds now. */
  refetchInterval?: (items: unknown[]) => number | false
  /** What was found before stays until something else is found. */
  isSearched?: boolean
  /** Whether there is anything to ask for yet. */
  isEnabled?: () => boolean
}

/** A list that the server gives page by page. */
export function useList<Item>(
  queryKey: ComputedRef<readonly unknown[]>,
  fetchPage: (token: string | undefined) => Promise<Page<Item>>,
  { refetchInterval, isSearched = false, isEnabled = () => true }: Options = {},
): List<Item> {
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam }) => fetchPage(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: nextPage,
    enabled: isEnabled,
    placeholderData: isSearched ? keepPreviousData : undefined,
    refetchInterval: refetchInterval
      && (state => refetchInterval(state.state.data?.pages.flatMap(page => page.items) ?? [])),
  })
  return {
    items: computed(() => query.data.value?.pages.flatMap(page => page.items) ?? []),
    total: computed(() => query.data.value?.pages[0]?.total ?? 0),
    error: query.error,
    isPending: query.isPending,
    hasMore: query.hasNextPage,
    isLoadingMore: query.isFetchingNextPage,
    loadMore: () => void query.fetchNextPage(),
    retry: () => void query.refetch(),
  }
}
