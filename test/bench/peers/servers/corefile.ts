import type { Site } from '#test/bench/peers/contender.ts'
import { freePort } from '#test/support/example.ts'

/**
 * The Corefile that Kubernetes clusters have, around `names`: the directive that knows the cluster. `more` are further
 * lines of the server block.
 */
export async function ordinaryCorefile(site: Site, names: string, more: readonly string[] = []): Promise<string> {
  const { port, upstreamPort } = site
  return `.:${port} {
    bind 127.0.0.1
    errors
${more.map(line => `    ${line}\n`).join('')}    health 127.0.0.1:${await freePort()}
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
`
}
