import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLUSTER_ZONE, REVERSE_ZONE } from '#test/bench/peers/cluster.ts'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { ordinaryCorefile } from '#test/bench/peers/servers/corefile.ts'
import { writeHostsFile } from '#test/bench/peers/servers/hosts-file.ts'

/** CoreDNS, where the environment variable COREDNS_BIN says that it is, with the cluster in its hosts plugin. */
export const coredns: Contender = {
  name: 'coredns',
  kind: 'peer',
  program: process.env['COREDNS_BIN'] ?? 'coredns',
  versionArguments: ['-version'],
  sets: ALL_SETS,
  transport: 'udp',
  note: 'has the names in its hosts plugin, which knows no SRV; GOMAXPROCS is the number of threads',
  launch: async site => {
    const file = join(site.directory, 'Corefile')
    writeFileSync(file, await ordinaryCorefile(site, hostsBlock(site)))
    return { command: coredns.program, args: ['-conf', file], env: { GOMAXPROCS: String(site.threads) } }
  },
}

/** Names of the cluster end here, all others pass. */
function hostsBlock({ directory, services }: Site): string {
  return `hosts ${writeHostsFile(directory, services)} ${CLUSTER_ZONE} ${REVERSE_ZONE}`
}
