import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { MetadataProvider } from '#plugin/metadata.ts'
import { metadataProvider, metadataReader } from '#plugin/metadata.ts'
import type { Query } from '#plugin/query.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { matchZone, readZones } from '#plugin/zones.ts'
import type { FoldedName } from '#wire/name.ts'

/** Lets plugins read what others know about a query. */
export const metadata: AnyPlugin = definePlugin<readonly FoldedName[]>({
  name: 'metadata',
  once: true,
  // It changes no reply itself, and values are read anew for each query, one that is answered again included.
  dependsOn: () => DependsOn.QUESTION,
  parse(directive, block) {
    const zones = readZones(directive.rest(), block.zones)
    directive.noBlock()
    return Object.freeze(zones)
  },
  build(zones, next, env) {
    env.provide(metadataReader, {
      read(label, query) {
        if (matchZone(zones, query.folded) === null) return null
        return query.metadata?.get(label) ?? provided(env.offers(metadataProvider), label, query)
      },
    })
    return function metadata(query) {
      query.metadata = new Map()
      const answer = next(query)
      // The object serves the next query as well; one that waits keeps it for itself.
      if (!(answer instanceof Promise)) query.metadata = null
      return answer
    }
  },
})

function provided(providers: readonly MetadataProvider[], label: string, query: Query): string | null {
  for (const provider of providers) {
    if (!label.startsWith(`${provider.plugin}/`)) continue
    const value = provider.metadata(label, query)
    if (value !== null) return value
  }
  return null
}
