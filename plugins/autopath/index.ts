import { readFile } from 'node:fs/promises'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { PluginEnv } from '#plugin/env.ts'
import type { Slot } from '#plugin/metrics.ts'
import { DependsOn } from '#plugin/reuse.ts'
import type { SearchPathFinder } from '#plugin/search-path.ts'
import { searchPaths } from '#plugin/search-path.ts'
import { autopathHandler } from '#plugins/autopath/handler.ts'
import type { AutopathOptions, PathSource } from '#plugins/autopath/options.ts'
import { parseAutopath } from '#plugins/autopath/options.ts'
import { searchDomains } from '#plugins/autopath/search-domains.ts'
import type { Name } from '#wire/name.ts'

/** Where a machine's search domains stand. */
const RESOLV_CONF = '/etc/resolv.conf'

/** Goes along the client's search path in its place. */
export const autopath: AnyPlugin = definePlugin<AutopathOptions>({
  name: 'autopath',
  once: true,
  dependsOn: ({ source }) => (source.kind === 'plugin' && !source.byName ? DependsOn.MORE : DependsOn.QUESTION),
  parse: parseAutopath,
  build({ zones, source }, next, env) {
    let find: SearchPathFinder = () => null
    env.onStartup(async () => {
      find = source.kind === 'file' ? await fromFile(env.resolvePath(source.path)) : await fromPlugin(source, env)
    })
    const successes = env.metrics.counter({
      name: 'coredns_autopath_success_total',
      help: 'Counter of requests that did autopath.',
      labels: ['server'],
    })
    const slots = new Map<string, Slot>()
    return autopathHandler(
      zones,
      query => find(query),
      next,
      ({ server }) => {
        let slot = slots.get(server.label)
        if (slot === undefined) {
          slot = successes.labels(server.label)
          slots.set(server.label, slot)
        }
        slot.inc()
      },
    )
  },
})

async function fromFile(path: string): Promise<SearchPathFinder> {
  const domains = searchDomains(
    await readFile(path, 'utf8').catch((error: Error) => {
      throw new Error(`failed to parse "${path}": ${error.message}`)
    }),
  )
  return () => domains
}

async function fromPlugin(
  { plugin, byName }: Extract<PathSource, { kind: 'plugin' }>,
  env: PluginEnv,
): Promise<SearchPathFinder> {
  const paths = env.offers(searchPaths).find(each => each.plugin === plugin)
  if (paths === undefined) {
    if (env.block.plugins.includes(plugin)) throw new Error(`plugin ${plugin} does not know any search paths`)
    env.log.warning(`Does nothing: plugin ${plugin} is not in this server block`)
    return () => null
  }
  const find = byName ? paths.byName : paths.byClient
  if (find === null) {
    env.log.warning(`Does nothing: plugin ${plugin} does not know its clients (for kubernetes, write 'pods verified')`)
    return () => null
  }
  if (!paths.addsDomainsOfMachine) return find
  const more = searchDomains(await readFile(RESOLV_CONF, 'utf8').catch(() => ''))
  return query => withMore(find(query), more)
}

function withMore(path: readonly Name[] | null, more: readonly Name[]): readonly Name[] | null {
  return path === null ? null : [...path, ...more.filter(domain => !path.includes(domain))]
}
