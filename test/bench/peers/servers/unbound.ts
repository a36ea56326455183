import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLUSTER_ZONE, REVERSE_ZONE } from '#test/bench/peers/cluster.ts'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { clusterRecords, reverseRecords } from '#test/bench/peers/servers/zone-files.ts'

/** Unbound with the cluster as local data, which forwards everything else and caches it. */
export const unbound: Contender = {
  name: 'unbound',
  kind: 'peer',
  program: 'unbound',
  versionArguments: ['-V'],
  sets: ALL_SETS,
  transport: 'udp',
  note: '',
  launch: site => {
    const file = join(site.directory, 'unbound.conf')
    writeFileSync(file, configuration(site))
    return Promise.resolve({ command: 'unbound', args: ['-d', '-p', '-c', file] })
  },
}

function configuration({ directory, port, threads, upstreamPort, services }: Site): string {
  return `server:
  directory: "${directory}"
  chroot: ""
  username: ""
  use-syslog: no
  verbosity: 0
  do-ip6: no
  num-threads: ${threads}
  interface: 127.0.0.1@${port}
  access-control: 127.0.0.0/8 allow
  do-not-query-localhost: no
  module-config: "iterator"
  minimal-responses: yes
  msg-cache-size: 64m
  rrset-cache-size: 64m
  so-rcvbuf: 4m
  local-zone: "${CLUSTER_ZONE}." static
  local-zone: "${REVERSE_ZONE}." static
  local-data: "${CLUSTER_ZONE}. 30 SOA ns.dns.${CLUSTER_ZONE}. hostmaster.${CLUSTER_ZONE}. 1 7200 1800 86400 30"
${[...clusterRecords(services), ...reverseRecords(services)].map(record => `  local-data: "${record}"\n`).join('')}
forward-zone:
  name: "."
  forward-addr: 127.0.0.1@${upstreamPort}
remote-control:
  control-enable: no
`
}
