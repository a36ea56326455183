import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Contender, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { launchNodens } from '#test/bench/peers/servers/nodens.ts'
import { freePort } from '#test/support/free-port.ts'

/** Dnsdist with a packet cache before a Nodens that has the cluster. */
export const dnsdist: Contender = {
  name: 'dnsdist',
  kind: 'peer',
  program: 'dnsdist',
  versionArguments: ['--version'],
  sets: ALL_SETS,
  transport: 'udp',
  note: 'answers everything from its packet cache; the nodens behind it is not in the figures',
  launch: async site => {
    const backendPort = await freePort()
    const file = join(site.directory, 'dnsdist.conf')
    writeFileSync(file, configuration(site, backendPort))
    return {
      command: 'dnsdist',
      args: ['--supervised', '--disable-syslog', '-C', file],
      backend: await launchNodens({ ...site, port: backendPort, threads: 1 }),
    }
  },
}

function configuration({ port, threads }: Site, backendPort: number): string {
  const listener = `addLocal("127.0.0.1:${port}", {reusePort=true})\n`
  return `setSecurityPollSuffix("")
setLocal("127.0.0.1:${port}", {reusePort=true})
${listener.repeat(threads - 1)}setMaxUDPOutstanding(65535)
newServer({address="127.0.0.1:${backendPort}"}):setUp()
getPool(""):setCache(newPacketCache(200000, {maxTTL=86400}))
`
}
