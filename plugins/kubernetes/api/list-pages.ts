import { isExpired } from '#plugins/kubernetes/api/failure.ts'
import type { ListEnvelope } from '#plugins/kubernetes/api/list-splitter.ts'

/** Objects asked for in one page. */
const PAGE_OBJECTS = 500
const MAX_EXPIRATIONS = 2

/**
 * Takes a list page by page with `page`, to which 0 stands for no limit and an empty token for the first page; returns the list's
 * resource version. When the pages belong to a version that is gone meanwhile, `begin` is called again and all of them are taken
 * anew; the second time there is only one.
 */
export async function listPages(
  begin: () => void,
  page: (limit: number, token: string) => Promise<ListEnvelope>,
): Promise<string> {
  begin()
  let token = ''
  let expirations = 0
  for (;;) {
    const limit = expirations < MAX_EXPIRATIONS ? PAGE_OBJECTS : 0
    try {
      const { metadata } = await page(limit, token)
      token = metadata?.continue ?? ''
      if (token === '') return metadata?.resourceVersion ?? ''
    } catch (error) {
      if (token === '' || !isExpired(error)) throw error
      token = ''
      expirations++
      begin()
    }
  }
}
