import { freePort } from '#test/support/free-port.ts'

/** Directives that listen on an HTTP address, and the address when none is written. */
const httpDirectives: Readonly<Record<string, string>> = {
  health: ':8080',
  ready: ':8181',
  prometheus: 'localhost:9153',
}

/**
 * A Corefile from a page of documentation, changed so that it can be booted beside others without privileges: each port
 * becomes a free one, addresses to listen on become loopback, and /etc/resolv.conf and the files in /etc/nodens/tls are those beside it.
 */
export async function bootable(corefile: string): Promise<string> {
  const ports = new FreePorts()
  const lines: string[] = []
  for (const line of corefile.split('\n')) lines.push(await bootableLine(line, ports))
  return lines.join('\n')
}

async function bootableLine(line: string, ports: FreePorts): Promise<string> {
  if (/^(?!import\b)[^\s}(#]/.test(line)) return bootableKeys(line, ports)
  const [, space, name, rest] = /^(\s+)(\S+)(.*)$/.exec(line) ?? []
  if (name === undefined) return line
  const http = httpDirectives[name]
  if (http !== undefined) {
    const [, address, block] = /^\s*([^\s{]*)\s*(\{.*)?$/.exec(rest!)!
    const port = /:(\d+)$/.exec(address || http)![1]!
    return `${space}${name} 127.0.0.1:${await ports.for(port)} ${block ?? ''}`
  }
  if (name === 'bind') return `${space}bind ${bindArguments(rest!)}`
  return line.replaceAll('/etc/resolv.conf', 'resolv.conf').replaceAll('/etc/nodens/tls/', '')
}

/** Keys of a server block: `example.org:5300 {` gets another port; keys without one have a port 53 or 853 of their own. */
async function bootableKeys(line: string, ports: FreePorts): Promise<string> {
  const words = line.split(/(\s+|,)/)
  for (const [index, word] of words.entries()) {
    const port = /:(\d+)$/.exec(word)?.[1]
    if (port !== undefined) words[index] = word.replace(/\d+$/, String(await ports.for(port)))
    else if (/[\w.)]$/.test(word)) words[index] = `${word}:${await ports.for(word.startsWith('tls://') ? '853' : '53')}`
  }
  return words.join('')
}

/** Loopback instead of addresses and interfaces that the machine may not have. */
function bindArguments(words: string): string {
  return words.replaceAll(/\b(?!127\.)\d+\.\d+\.\d+\.\d+\b/g, '127.0.0.1').replaceAll(/\b(?:eth|en|wl)\w*\b/g, 'lo')
}

/** Free ports of loopback, the same one for the same written port. */
class FreePorts {
  readonly #found = new Map<string, number>()

  async for(written: string): Promise<number> {
    const known = this.#found.get(written)
    if (known !== undefined) return known
    const port = await freePort()
    this.#found.set(written, port)
    return port
  }
}
