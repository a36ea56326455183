/** What the command line asks for, in CoreDNS's spelling. */
export interface ServeArguments {
  /** The Corefile; `null` when not given. */
  readonly conf: string | null
  /** Port of keys that name none. */
  readonly port: number
  readonly pidFile: string | null
  readonly listPlugins: boolean
  readonly quiet: boolean
  readonly version: boolean
}

/** A command line that cannot be understood: exit code 2, or 1 for words too many. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError'
  readonly exitCode: number

  constructor(message: string, exitCode = 2) {
    super(message)
    this.exitCode = exitCode
  }
}

/** How the flags are explained to somebody who got one wrong or asked for `-help`. */
export const USAGE = `Usage: nodens [flags]
       nodens check FILE...

  -conf FILE       Corefile to load (default "Corefile" in this directory; "stdin" reads a pipe)
  -dns.port PORT   port of server blocks that name none (default 53); -p is short for it
  -pidfile FILE    write the process id to FILE
  -plugins         list the plugins and exit
  -quiet           do not print what is listened on, nor the version
  -version         print the version and exit

  check FILE...    read Corefiles and report what is wrong with them; opens nothing
`

const VALUE_FLAGS = ['conf', 'dns.port', 'p', 'pidfile']
const BOOLEAN_FLAGS = ['plugins', 'quiet', 'version']

/** Reads flags as Go's flag package does: `-x v`, `-x=v`, with one dash or two, up to the first word that is no flag. */
export function parseServeArguments(words: readonly string[]): ServeArguments {
  const values = new Map<string, string>()
  let at = 0
  for (; at < words.length && words[at]!.startsWith('-') && words[at] !== '-'; at++) {
    const word = words[at]!
    if (word === '--') {
      at++
      break
    }
    const [, flag, , value] = /^--?([^=]*)(=(.*))?$/s.exec(word)!
    if (flag === 'h' || flag === 'help') throw new UsageError('', 0)
    if (VALUE_FLAGS.includes(flag!)) {
      const given = value ?? words[++at]
      if (given === undefined) throw new UsageError(`flag needs an argument: -${flag}`)
      values.set(flag === 'p' ? 'dns.port' : flag!, given)
    } else if (BOOLEAN_FLAGS.includes(flag!)) {
      values.set(flag!, booleanValue(flag!, value ?? 'true'))
    } else {
      throw new UsageError(`flag provided but not defined: -${flag}`)
    }
  }
  if (at < words.length) throw new UsageError(`extra command line arguments: [${words.slice(at).join(' ')}]`, 1)
  return {
    conf: values.get('conf') ?? null,
    port: portValue(values.get('dns.port') ?? '53'),
    pidFile: values.get('pidfile') ?? null,
    listPlugins: values.get('plugins') === 'true',
    quiet: values.get('quiet') === 'true',
    version: values.get('version') === 'true',
  }
}

function booleanValue(flag: string, value: string): string {
  if (['1', 't', 'T', 'true', 'TRUE', 'True'].includes(value)) return 'true'
  if (['0', 'f', 'F', 'false', 'FALSE', 'False'].includes(value)) return 'false'
  throw new UsageError(`invalid boolean value "${value}" for -${flag}: parse error`)
}

function portValue(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65535) {
    throw new UsageError(`invalid value "${text}" for flag -dns.port: a port is a number from 0 to 65535`)
  }
  return Number(text)
}
