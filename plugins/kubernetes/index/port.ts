import type { PortState } from '#plugins/kubernetes/index/delta.ts'

/** The port number of a service or slice that declares no port: it has addresses, but nothing for an SRV record. */
export const NO_PORT = -1

/** A port with its names in the form in which queries are compared with them. */
export interface Port {
  /** In lower case; empty for a port without a name. */
  readonly name: string
  /** In lower case; empty for `NO_PORT`. */
  readonly protocol: string
  readonly number: number
}

const NONE: readonly Port[] = [{ name: '', protocol: '', number: NO_PORT }]

/** Ports as the lookup wants them: a single `NO_PORT` stands for none. */
export function portsOf(states: readonly PortState[]): readonly Port[] {
  if (states.length === 0) return NONE
  return states.map(({ name, protocol, port }) => ({
    name: name.toLowerCase(),
    protocol: protocol.toLowerCase(),
    number: port,
  }))
}

/** Whether a port is asked for; an empty name or protocol stands for any. */
export function matchesPort(port: Port, name: string, protocol: string): boolean {
  return (name === '' || name === port.name) && (protocol === '' || protocol === port.protocol)
}

/** Whether two ports are alike. */
export function samePort(one: Port, other: Port): boolean {
  return one.number === other.number && one.name === other.name && one.protocol === other.protocol
}
