import { addressOctets } from '#lib/cidr.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { Query } from '#plugin/query.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { srv } from '#wire/build.ts'
import { Flag, Type } from '#wire/constants.ts'
import { prependLabels, ROOT } from '#wire/name.ts'
import { ResourceRecord } from '#wire/record.ts'

/** Tells askers their own address, port and transport. The end of a chain. */
export const whoami: AnyPlugin = definePlugin<null>({
  name: 'whoami',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse(directive) {
    directive.noBlock()
    return null
  },
  build: () => describeAsker,
})

function describeAsker(query: Query): Reply {
  const { peer, name } = query
  const additional: ResourceRecord[] = []
  const octets = addressOctets(peer.address)
  if (octets !== null) {
    additional.push(new ResourceRecord(name, octets.length === 4 ? Type.A : Type.AAAA, query.class, 0, octets))
  }
  const service = prependLabels([query.isStream ? '_tcp' : '_udp'], name)
  if (service !== null) {
    additional.push(srv(service, 0, { priority: 0, weight: 0, port: peer.port, target: ROOT }, query.class))
  }
  return reply('whoami', { flags: Flag.AA, additional })
}
