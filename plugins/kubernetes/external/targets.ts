import { isIP } from 'node:net'
import type { ExternalTarget } from '#plugin/external-services.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'
import type { Port } from '#plugins/kubernetes/index/port.ts'
import { matchesPort, portsOf } from '#plugins/kubernetes/index/port.ts'
import type { ServiceEntry } from '#plugins/kubernetes/index/service.ts'
import { parseName } from '#wire/name.ts'

/** What of a service is asked for; empty for all. */
export interface Part {
  /** A folded wire label. */
  readonly endpoint: string
  readonly port: string
  readonly protocol: string
}

/**
 * The ways to reach a service, or a part of it, from outside: each of its external addresses with each of its ports. One
 * that has no external address is reached by its endpoints, if `headless` says so and it is headless or one is named.
 */
export function targetsOf(service: ServiceEntry, headless: boolean, part: Part): ExternalTarget[] {
  const { state, labels } = service
  const externals = state?.externals ?? []
  if (externals.length > 0) {
    // External addresses are those of the whole service, never of one endpoint.
    return part.endpoint === ''
      ? externals.flatMap(text => withPorts(labels, targetOf(text), portsOf(state!.ports), part))
      : []
  }
  if (!headless || state === null || state.kind === 'external') return []
  if (state.kind !== 'headless' && part.endpoint === '') return []
  return service.endpoints
    .filter(({ folded }) => part.endpoint === '' || folded === part.endpoint)
    .flatMap(({ label, address, ports }) => withPorts(label + labels, address, ports, part))
}

function withPorts(
  labels: string,
  to: ExternalTarget['to'] | null,
  ports: readonly Port[],
  { port, protocol }: Part,
): ExternalTarget[] {
  if (to === null) return []
  return ports
    .filter(each => matchesPort(each, port, protocol))
    .map(each => ({ labels, to, port: each.number, portName: each.name, protocol: each.protocol }))
}

function targetOf(text: string): ExternalTarget['to'] | null {
  return isIP(text) === 0 ? parseName(text) : parseAddress(text)
}
