import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { CLUSTER_ZONE, PORT, portName, REVERSE_ZONE, serviceName, TTL_SECONDS } from '#test/bench/peers/cluster.ts'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { writeHostsFile } from '#test/bench/peers/servers/hosts-file.ts'

/** Dnsmasq with the cluster in a hosts file, which forwards everything else and caches it. */
export const dnsmasq: Contender = {
  name: 'dnsmasq',
  kind: 'peer',
  program: 'dnsmasq',
  versionArguments: ['-v'],
  sets: ALL_SETS,
  transport: 'udp',
  note: 'one thread whatever --threads says; has only the SRV records that are asked for, since it goes through all of them for each name that does not exist',
  launch: site => {
    const file = join(site.directory, 'dnsmasq.conf')
    writeFileSync(file, configuration(site))
    return Promise.resolve({ command: 'dnsmasq', args: ['-k', '-C', file] })
  },
}

function configuration({ directory, port, upstreamPort, services, servicesWithPort }: Site): string {
  return `user=${userInfo().username}
pid-file=
log-facility=-
port=${port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
addn-hosts=${writeHostsFile(directory, services)}
local-ttl=${TTL_SECONDS}
local=/${CLUSTER_ZONE}/
local=/${REVERSE_ZONE}/
server=127.0.0.1#${upstreamPort}
cache-size=10000
dns-forward-max=1000
${servicesWithPort.map(service => `srv-host=${portName(service)},${serviceName(service)},${PORT},0,100\n`).join('')}`
}
