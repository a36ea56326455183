import { networkInterfaces } from 'node:os'
import type { Address } from '#plugins/kubernetes/index/address.ts'
import { parseAddress } from '#plugins/kubernetes/index/address.ts'

/**
 * The addresses at which clients may reach this server: those it listens on (`bind`), or else all of the machine's that
 * are neither loopback nor link-local.
 */
export function ownAddresses(listenAddresses: readonly string[] | null): readonly Address[] {
  const bound = (listenAddresses ?? []).filter(text => text !== '' && text !== '0.0.0.0' && text !== '::')
  const texts = bound.length > 0 ? bound : interfaceAddresses()
  return texts.map(parseAddress).filter(address => address !== null)
}

function interfaceAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap(addresses => addresses ?? [])
    .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
    .map(({ address }) => address)
}
