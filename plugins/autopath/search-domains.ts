import type { Name } from '#wire/name.ts'
import { parseName } from '#wire/name.ts'

/** The search domains that the text of a resolv.conf names; of several lines the last one counts, as for resolvers. */
export function searchDomains(text: string): readonly Name[] {
  let domains: readonly string[] = []
  for (const line of text.split('\n')) {
    const [keyword, ...words] = line.trim().split(/\s+/)
    if (keyword === 'search') domains = words
    else if (keyword === 'domain') domains = words.slice(0, 1)
  }
  return domains.map(parseName).filter(name => name !== null)
}
