import { CLUSTER_ZONE, REVERSE_ZONE } from '#test/bench/peers/cluster.ts'
import type { Contender, Launch, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { kubernetesBlock, writeOrdinaryCorefile } from '#test/bench/peers/servers/corefile.ts'
import { writeHostsFile } from '#test/bench/peers/servers/hosts-file.ts'

const PROGRAM = process.env['COREDNS_BIN'] ?? 'coredns'

/** CoreDNS, where the environment variable COREDNS_BIN says that it is: with the cluster in its hosts plugin, and in its kubernetes plugin. */
export const coredns: readonly Contender[] = [
  {
    name: 'coredns-hosts',
    kind: 'peer',
    program: PROGRAM,
    versionArguments: ['-version'],
    sets: ALL_SETS.filter(set => set !== 'mix'),
    transport: 'udp',
    note: 'has the names in its hosts plugin, which knows no SRV and is left out of the mix; GOMAXPROCS is the number of threads',
    launch: site => launch(site, hostsBlock(site)),
  },
  {
    name: 'coredns-kubernetes',
    kind: 'peer',
    program: PROGRAM,
    versionArguments: ['-version'],
    sets: ALL_SETS,
    transport: 'udp',
    note: 'the same Corefile and API server as nodens; GOMAXPROCS is the number of threads',
    launch: site => launch(site, kubernetesBlock(site)),
  },
]

async function launch(site: Site, names: string): Promise<Launch> {
  const file = await writeOrdinaryCorefile(site, names)
  return { command: PROGRAM, args: ['-conf', file], env: { GOMAXPROCS: String(site.threads) } }
}

/** Names of the cluster end here, all others pass. */
function hostsBlock({ directory, services }: Site): string {
  return `hosts ${writeHostsFile(directory, services)} ${CLUSTER_ZONE} ${REVERSE_ZONE}`
}
