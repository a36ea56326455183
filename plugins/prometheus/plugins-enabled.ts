import type { BlockSettings } from '#plugin/env.ts'
import type { Gauge, MetricRegistry } from '#plugin/metrics.ts'

/** Plugins that configure the server and see no query: they are not exported. */
// biome-ignore format: a list reads best as one
const WITHOUT_HANDLER: ReadonlySet<string> = new Set([
  'root', 'proxyproto', 'quic', 'grpc_server', 'https', 'https3', 'timeouts', 'multisocket', 'reload', 'bind', 'debug',
  'ready', 'health', 'pprof', 'tls', 'on', 'sign',
])

/** The series `coredns_plugin_enabled` of one server block: one for each address, zone and plugin. */
export class PluginsEnabled {
  readonly #gauge: Gauge
  readonly #series: readonly (readonly string[])[]

  constructor(registry: MetricRegistry, block: Readonly<BlockSettings>) {
    this.#gauge = registry.gauge({
      name: 'coredns_plugin_enabled',
      help: 'Plugins that are in the chain of a server block; the value is always 1.',
      labels: ['server', 'zone', 'view', 'name'],
    })
    const plugins = block.plugins.filter(name => !WITHOUT_HANDLER.has(name))
    this.#series = block.keys.flatMap(key =>
      (block.listenAddresses ?? ['']).flatMap(address => {
        const { server, zone } = labelsOf(key, address)
        return plugins.map(name => [server, zone, '', name])
      }),
    )
  }

  show(): void {
    for (const labels of this.#series) this.#gauge.labels(...labels).set(1)
  }

  hide(): void {
    for (const labels of this.#series) this.#gauge.remove(...labels)
  }
}

/** `dns://example.org.:53` on 10.0.0.1 is server `dns://10.0.0.1:53` and zone `example.org.`. */
function labelsOf(key: string, address: string): { server: string; zone: string } {
  const zoneAt = key.indexOf('://') + 3
  const portAt = key.lastIndexOf(':')
  const host = address.includes(':') ? `[${address}]` : address
  return { server: `${key.slice(0, zoneAt)}${host}${key.slice(portAt)}`, zone: key.slice(zoneAt, portAt) }
}
