import { lookup, Resolver } from 'node:dns/promises'
import { readFile } from 'node:fs/promises'
import type { Token } from '#corefile/token.ts'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { upstreamAddress } from '#net/upstream/address.ts'
import type { ForwardLine } from '#plugins/forward/options.ts'
import type { Target } from '#plugins/forward/target.ts'
import { nameservers } from '#plugins/forward/target.ts'

/**
 * The upstreams that a line's targets stand for, the first of equal ones kept; `resolvePath` makes paths absolute. Throws
 * when there is none.
 */
export async function resolveTargets(
  line: ForwardLine,
  resolvePath: (path: string) => string,
): Promise<UpstreamAddress[]> {
  const addresses = new Map<string, UpstreamAddress>()
  for (const target of line.targets) {
    for (const address of await addressesOf(target, line, resolvePath)) {
      if (!addresses.has(address.text)) addresses.set(address.text, address)
    }
  }
  if (addresses.size === 0) throw startupError(line.token, 'no valid upstream addresses found')
  return [...addresses.values()]
}

async function addressesOf(
  target: Target,
  line: ForwardLine,
  resolvePath: (path: string) => string,
): Promise<UpstreamAddress[]> {
  switch (target.kind) {
    case 'address':
      return [target.address]
    case 'file': {
      const text = await readText(resolvePath(target.path))
      if (text === null) throw startupError(line.token, `not an IP address or file: "${target.path}"`)
      return nameservers(text)
    }
    case 'host': {
      // A word without a slash may still be a file, as it is for CoreDNS.
      const text = await readText(resolvePath(target.text))
      return text === null ? resolveHost(target.host, target.port, line) : nameservers(text)
    }
  }
}

async function readText(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    return null // The caller says what the word could have been instead of a file.
  }
}

/** IPv4 addresses, then IPv6 ones. */
async function resolveHost(host: string, port: number, line: ForwardLine): Promise<UpstreamAddress[]> {
  try {
    const found = line.resolvers.length === 0 ? await systemLookup(host) : await ask(host, line.resolvers)
    const addresses = found.map(ip => upstreamAddress(ip, port)).filter(address => address !== null)
    if (addresses.length > 0) return addresses
  } catch (error) {
    throw startupError(line.token, `failed to resolve "${host}": ${(error as Error).message}`)
  }
  throw startupError(line.token, `failed to resolve "${host}": no addresses found`)
}

async function systemLookup(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true, order: 'ipv4first' })
  return found.map(each => each.address)
}

async function ask(host: string, servers: readonly UpstreamAddress[]): Promise<string[]> {
  const resolver = new Resolver({ timeout: 2000, tries: 2 })
  resolver.setServers(servers.map(server => server.text))
  const [v4, v6] = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
  if (v4.status === 'rejected' && v6.status === 'rejected') throw v4.reason
  return [...(v4.status === 'fulfilled' ? v4.value : []), ...(v6.status === 'fulfilled' ? v6.value : [])]
}

/** An error that shows only at startup, worded as one of the Corefile, since that is where it is mended. */
function startupError({ file, line }: Token, message: string): Error {
  return new Error(`${file}:${line} - Error during parsing: ${message}`)
}
