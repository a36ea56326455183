import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseDurationMs } from '#lib/duration.ts'
import type { Ask } from '#test/support/client.ts'
import { codeBlocksOf } from '#test/support/markdown.ts'
import { FakeClock } from '#test/support/plugin.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'
import type { ZoneUpstream } from '#test/support/zone-upstream.ts'
import { startZoneUpstream } from '#test/support/zone-upstream.ts'
import { classNumber, Flag, OptionCode, rcodeName } from '#wire/constants.ts'
import { flagNames } from '#wire/flag-names.ts'
import type { Message } from '#wire/message.ts'
import type { ResourceRecord } from '#wire/record.ts'
import { formatRecord } from '#wire/text.ts'

/** A scenario as it is written: a Corefile, what is around it, and steps with what each of them shows. */
export interface Scenario {
  readonly corefile: string
  readonly files: Readonly<Record<string, string>>
  /** What the resolver at `UPSTREAM` knows, in presentation form. */
  readonly upstream: readonly string[]
  readonly steps: readonly Step[]
}

/** One step: a line that starts with `> `, and the lines up to the next one. */
export interface Step {
  readonly words: readonly string[]
  readonly lines: readonly string[]
  /** In the page, counted from 1. */
  readonly line: number
}

/** Reads a page: blocks `corefile`, `file PATH`, `upstream` and `steps`, in any number and mixed with prose. */
export function parseScenario(page: string): Scenario {
  const blocks = codeBlocksOf(page)
  const textOf = (language: string) => blocks.filter(block => block.language === language).map(({ text }) => text)
  const files = blocks.flatMap(({ language, text }) =>
    language.startsWith('file ') ? [[language.slice(5), text]] : [],
  )
  return {
    corefile: textOf('corefile').join('\n'),
    files: Object.fromEntries(files),
    upstream: linesOf(textOf('upstream').join('\n')),
    steps: blocks.filter(block => block.language === 'steps').flatMap(({ text, line }) => stepsOf(text, line)),
  }
}

/** A scenario that is being played: a booted server with a clock that only steps move, and a resolver behind it. */
export class Stage {
  readonly #server: TestServer
  readonly #clock: FakeClock
  readonly #upstream: ZoneUpstream

  static async open(scenario: Scenario): Promise<Stage> {
    const upstream = await startZoneUpstream(scenario.upstream)
    const clock = new FakeClock()
    try {
      const corefile = scenario.corefile.replaceAll('UPSTREAM', upstream.address)
      return new Stage(await bootServer(corefile, { files: scenario.files, clock }), clock, upstream)
    } catch (error) {
      await upstream.close()
      throw error
    }
  }

  constructor(server: TestServer, clock: FakeClock, upstream: ZoneUpstream) {
    this.#server = server
    this.#clock = clock
    this.#upstream = upstream
  }

  async close(): Promise<void> {
    await this.#server.close()
    await this.#upstream.close()
  }

  /** Does what a step says and returns the lines that it shows. */
  async play({ words: [verb, ...rest], lines }: Step): Promise<readonly string[]> {
    switch (verb) {
      case 'ask':
        return this.#ask(rest, lines)
      case 'wait': {
        let shown: readonly string[] = []
        await until(async () => showsSame((shown = await this.#ask(rest, lines)), lines)).catch(() => {})
        return shown
      }
      case 'count':
        return this.#count(rest)
      case 'first':
        return this.#first(rest)
      case 'advance':
        this.#clock.advance(parseDurationMs(rest[0] ?? '') ?? Number.NaN)
        return []
      case 'write':
        this.#server.writeFile(rest[0]!, `${lines.join('\n')}\n`.replaceAll('UPSTREAM', this.#upstream.address))
        return lines
      case 'delete':
        rmSync(join(this.#server.directory, rest[0]!))
        return []
      case 'upstream':
        this.#upstream.serve(lines)
        return lines
      case 'upstream-asked':
        return this.#upstream.asked()
      case 'reload':
        return this.#server.runtime.reload().then(
          () => [],
          (error: Error) => linesOf(this.#withoutDirectory(error.message)),
        )
      case 'metrics':
        return linesOf(this.#server.metrics()).filter(line => line.includes(rest.join(' ')) && !line.startsWith('#'))
      case 'log':
        return this.#server.lines
          .filter(line => line.includes(rest.join(' ')))
          .flatMap(line => linesOf(this.#withoutDirectory(line)))
      default:
        throw new Error(`not a step: ${verb}`)
    }
  }

  /** The path of the server's directory is another one every time. */
  #withoutDirectory(text: string): string {
    return text.replaceAll(`${this.#server.directory}/`, '')
  }

  async #ask(words: readonly string[], expected: readonly string[]): Promise<readonly string[]> {
    const [name, type, ...options] = words
    const silent = expected[0] === 'no reply'
    const ask = { ...askOf(options), timeoutMs: silent ? 300 : 5000 }
    try {
      return showMessage(await this.#server.ask(name!, type!, ask), ask)
    } catch (error) {
      if ((error as Error).message === 'no reply') return ['no reply']
      throw error
    }
  }

  /** How many answer records there are instead of which, for large answers. */
  async #count([name, type, ...options]: readonly string[]): Promise<string[]> {
    const { rcode, flags, answer } = await this.#server.ask(name!, type!, askOf(options))
    return [[rcodeName(rcode), flagNames(flags & ~Flag.QR), answer.length].join(' ')]
  }

  /** The records that stand first in sixty answers, each once, in the order of the alphabet. */
  async #first([name, type]: readonly string[]): Promise<string[]> {
    const seen = new Set<string>()
    for (let i = 0; i < 60; i++) {
      const { answer } = await this.#server.ask(name!, type!)
      if (answer[0] !== undefined) seen.add(showRecord(answer[0]))
    }
    return [...seen].sort()
  }
}

/** Whether a step showed what the page says; `*` there stands for any word, and the order of lines means nothing. */
export function showsSame(shown: readonly string[], expected: readonly string[]): boolean {
  if (shown.length !== expected.length) return false
  const left = [...shown]
  const exactFirst = [...expected].sort((a, b) => Number(a.includes('*')) - Number(b.includes('*')))
  return exactFirst.every(line => {
    const at = left.findIndex(other => sameLine(other, line))
    if (at >= 0) left.splice(at, 1)
    return at >= 0
  })
}

function sameLine(shown: string, expected: string): boolean {
  const words = expected.split(' ')
  const others = shown.split(' ')
  return words.length === others.length && words.every((word, i) => word === '*' || word === others[i])
}

function stepsOf(text: string, firstLine: number): Step[] {
  const steps: { words: string[]; lines: string[]; line: number }[] = []
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    if (line.startsWith('> ')) steps.push({ words: line.slice(2).split(/\s+/), lines: [], line: firstLine + index })
    else steps.at(-1)?.lines.push(line.trimEnd())
  }
  for (const step of steps) while (step.lines.at(-1) === '') step.lines.pop()
  return steps
}

function askOf(options: readonly string[]): Ask {
  let ask: Ask = {}
  for (const option of options) {
    const [word, value] = option.split('=')
    if (word === '+tcp') ask = { ...ask, tcp: true }
    else if (word === '+noedns') ask = { ...ask, edns: false }
    else if (word === '+dnssec') ask = { ...ask, dnssecOk: true }
    else if (word === '+norec') ask = { ...ask, flags: 0 }
    else if (word === '+cd') ask = { ...ask, flags: Flag.RD | Flag.CD }
    else if (word === '+nsid') ask = { ...ask, options: [{ code: OptionCode.NSID, data: new Uint8Array() }] }
    else if (word === '+bufsize') ask = { ...ask, bufsize: Number(value) }
    else if (classNumber(option) !== undefined) ask = { ...ask, class: classNumber(option)! }
    else throw new Error(`not an option: ${option}`)
  }
  return ask
}

/** `NOERROR aa rd`, the answer's records, and those of the other sections behind the section's name. */
function showMessage(message: Message, ask: Ask): string[] {
  const { rcode, flags, answer, authority, additional, edns } = message
  const options = edns?.options.map(({ code, data }) => `OPTION ${code}: ${Buffer.from(data).toString('latin1')}`) ?? []
  if ((edns !== null) !== (ask.edns !== false)) options.push(edns === null ? 'OPT is missing' : 'OPT was not asked for')
  return [
    [rcodeName(rcode), ...flagNames(flags & ~Flag.QR).split(' ')].join(' ').trim(),
    ...answer.map(showRecord),
    ...authority.map(record => `AUTHORITY ${showRecord(record)}`),
    ...additional.map(record => `ADDITIONAL ${showRecord(record)}`),
    ...options,
  ]
}

function showRecord(record: ResourceRecord): string {
  return formatRecord(record).replaceAll('\t', ' ')
}

function linesOf(text: string): string[] {
  return text.split('\n').filter(line => line !== '')
}
