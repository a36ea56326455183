import { isIP } from 'node:net'
import type { NetworkInterfaceInfo } from 'node:os'
import type { Argument } from '#corefile/argument.ts'

/** Interfaces of this machine and their addresses, as `os.networkInterfaces()` gives them. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>

/** The addresses that arguments stand for: themselves, or all addresses of the interface they name. */
export function expandAddresses(args: readonly Argument[], interfaces: Interfaces): string[] {
  return args.flatMap(argument => {
    if (Object.hasOwn(interfaces, argument.text)) {
      return (interfaces[argument.text] ?? []).map(info => scoped(info, argument.text))
    }
    if (isIP(argument.text) !== 0) return [argument.text]
    const known = Object.keys(interfaces).join(', ')
    return argument.fail(
      `not a valid IP address or interface name: "${argument.text}"`,
      known === '' ? '' : `interfaces with an address here: ${known}`,
    )
  })
}

/** A link-local address means nothing without its interface (RFC 4007 section 6). */
function scoped(info: NetworkInterfaceInfo, name: string): string {
  const linkLocal = info.family === 'IPv6' && /^fe[89ab]/i.test(info.address)
  return linkLocal ? `${info.address}%${name}` : info.address
}
