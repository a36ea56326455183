import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLUSTER_ZONE, TTL_SECONDS } from '#test/bench/peers/cluster.ts'
import type { Site } from '#test/bench/peers/contender.ts'
import { freePort } from '#test/support/free-port.ts'

/**
 * Writes the Corefile that Kubernetes clusters have, around `names`: the directive that knows the cluster. `more` are
 * further lines of the server block. Returns the path.
 */
export async function writeOrdinaryCorefile(site: Site, names: string, more: readonly string[] = []): Promise<string> {
  const { directory, port, threads, upstreamPort } = site
  const lines = threads > 1 ? [`multisocket ${threads}`, ...more] : more
  const file = join(directory, 'Corefile')
  writeFileSync(
    file,
    `.:${port} {
    bind 127.0.0.1
    errors
${lines.map(line => `    ${line}\n`).join('')}    health 127.0.0.1:${await freePort()}
    ready 127.0.0.1:${await freePort()}
    prometheus 127.0.0.1:${await freePort()}
    ${names}
    forward . 127.0.0.1:${upstreamPort} {
        max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`,
  )
  return file
}

/** The cluster as the plugin kubernetes reads it from the API server, and a hosts file beside it as clusters have. */
export function kubernetesBlock({ directory, apiServer }: Site): string {
  const hosts = join(directory, 'hosts')
  writeFileSync(hosts, '192.0.2.53 host.bench.internal\n')
  return `kubernetes ${CLUSTER_ZONE} in-addr.arpa ip6.arpa {
        endpoint ${apiServer}
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl ${TTL_SECONDS}
    }
    hosts ${hosts} {
        fallthrough
    }`
}
