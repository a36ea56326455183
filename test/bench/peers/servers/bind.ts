import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { writeClusterZones } from '#test/bench/peers/servers/zone-files.ts'

/** BIND with the cluster as zones, which forwards everything else and caches it. */
export const bind: Contender = {
  name: 'named',
  kind: 'peer',
  program: 'named',
  versionArguments: ['-v'],
  sets: ALL_SETS,
  transport: 'udp',
  note: '',
  launch: site => {
    const file = join(site.directory, 'named.conf')
    writeFileSync(file, configuration(site))
    return Promise.resolve({ command: 'named', args: ['-g', '-c', file, '-n', String(site.threads)] })
  },
}

function configuration({ directory, port, upstreamPort, services }: Site): string {
  const zones = writeClusterZones(directory, services)
  return `options {
  directory "${directory}";
  pid-file none;
  session-keyfile none;
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion yes;
  allow-recursion { any; };
  forward only;
  forwarders { 127.0.0.1 port ${upstreamPort}; };
  dnssec-validation no;
  empty-zones-enable no;
  minimal-responses yes;
  notify no;
  querylog no;
  max-cache-size 64m;
};
controls { };
logging { category default { null; }; };
${zones.map(({ zone, file }) => `zone "${zone}" { type primary; file "${file}"; };\n`).join('')}`
}
