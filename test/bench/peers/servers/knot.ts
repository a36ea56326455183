import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { writeClusterZones, writeExternalZone } from '#test/bench/peers/servers/zone-files.ts'

/** Knot DNS with the cluster as zones. */
export const knot: Contender = {
  name: 'knotd',
  kind: 'peer',
  program: 'knotd',
  versionArguments: ['-V'],
  sets: ALL_SETS.filter(set => set !== 'external'),
  transport: 'udp',
  note: 'has no cache of forwarded names: left out of that set, and the external names of the mix are a zone of its own',
  launch: site => {
    const file = join(site.directory, 'knot.conf')
    writeFileSync(file, configuration(site))
    return Promise.resolve({ command: 'knotd', args: ['-c', file] })
  },
}

function configuration({ directory, port, threads, services }: Site): string {
  const zones = [...writeClusterZones(directory, services), writeExternalZone(directory)]
  return `server:
  rundir: "${directory}"
  listen: 127.0.0.1@${port}
  udp-workers: ${threads}
  tcp-workers: ${threads}
  background-workers: 1
log:
  - target: stderr
    any: error
database:
  storage: "${directory}"
template:
  - id: default
    storage: "${directory}"
    zonefile-load: whole
    zonefile-sync: -1
    journal-content: none
zone:
${zones.map(({ zone, file }) => `  - domain: ${zone}\n    file: "${file}"\n`).join('')}`
}
