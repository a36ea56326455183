import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { ask, decode, queryOctets } from '#test/support/client.ts'
import { NodensProcess } from '#test/support/process.ts'
import { SeededRandom } from '#test/support/random.ts'
import { cluster, randomCorefile, randomQuestion } from '#test/support/random-cluster.ts'
import { Flag, OptionCode } from '#wire/constants.ts'
import type { EdnsOption } from '#wire/edns.ts'
import type { Message } from '#wire/message.ts'
import type { ResourceRecord } from '#wire/record.ts'
import { formatRecord } from '#wire/text.ts'

/** Queries that each way of serving is asked, in all. */
const RUNS = Number(process.env['NODENS_DIFFERENTIAL_RUNS'] ?? 12_000)
const CONFIGURATIONS = 3
const EVENTS = 2
/** Questions under way at a time. */
const WINDOW = 100

/** The first is the plainest way; the others must answer as it does. */
const WAYS: { way: string; environment: Record<string, string>; lines: string }[] = [
  { way: 'portable, no packet cache', environment: { NODENS_UDP: 'dgram', NODENS_PACKET_CACHE: 'off' }, lines: '' },
  { way: 'batches, packet cache', environment: {}, lines: '' },
  { way: 'four threads', environment: {}, lines: '\n multisocket 4' },
]

describe('every transport and number of threads gives the same answers', () => {
  for (let i = 0; i < CONFIGURATIONS; i++) {
    test(`configuration ${i + 1} of ${CONFIGURATIONS}`, async t => {
      const random = new SeededRandom((Date.now() + i * 7919) % 0x7fffffff)
      t.diagnostic(`seed ${random.seed}`)
      const seed = random.seed
      const servers: Running[] = []
      t.after(() => Promise.all(servers.map(server => server.close())))
      for (const { environment, lines } of WAYS) {
        servers.push(await Running.start(randomCorefile(new SeededRandom(seed), lines), environment))
      }
      for (let event = 1; event <= EVENTS; event++) {
        for (let asked = 0; asked < RUNS / CONFIGURATIONS / EVENTS; asked += WINDOW) {
          const questions = Array.from({ length: WINDOW }, () => randomQuestion(random))
          const octets = questions.map(([name, type, how]) => queryOctets(name, type, how))
          const [wanted, ...others] = await Promise.all(servers.map(server => server.ask(octets)))
          for (const [n, answers] of others.entries()) {
            for (const [q, answer] of answers.entries()) {
              const context = `seed ${seed}, ${WAYS[n + 1]!.way}: ${JSON.stringify(questions[q])}`
              assert.deepEqual(answer, wanted![q], context)
            }
          }
        }
        await Promise.all(servers.map(server => server.change(event)))
      }
    })
  }
})

/** A server process, and a client of it that asks many questions at a time. */
class Running {
  readonly #nodens: NodensProcess
  readonly #directory: string
  readonly #port: number
  readonly #socket = createSocket('udp4')
  readonly #waiting = new Map<number, (reply: Buffer) => void>()

  constructor(nodens: NodensProcess, directory: string, port: number) {
    this.#nodens = nodens
    this.#directory = directory
    this.#port = port
    this.#socket.on('message', reply => this.#waiting.get(reply.readUInt16BE(0))?.(reply))
  }

  static async start(corefile: string, environment: Record<string, string>): Promise<Running> {
    const directory = mkdtempSync(join(tmpdir(), 'nodens-ways-'))
    mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, 'Corefile'), corefile.replace('. {', '.:0 {\n bind 127.0.0.1'))
    writeFileSync(join(directory, 'cluster.json'), cluster(0))
    writeFileSync(join(directory, 'hosts.txt'), '10.8.0.1 b.example\n')
    const env = { ...process.env, ...environment }
    const nodens = new NodensProcess(['-conf', 'Corefile'], { cwd: directory, env })
    const [, port] = await nodens.output(/^\.:(\d+) on 127\.0\.0\.1$/m)
    return new Running(nodens, directory, Number(port))
  }

  /** The replies to all questions, in words. A question that is not answered within two seconds is `null`. */
  ask(questions: readonly Uint8Array[]): Promise<unknown[]> {
    return Promise.all(questions.map((octets, id) => this.#askOne(octets, id)))
  }

  /** Brings the cluster to where it is after `event` changes, and waits until every thread shows it. */
  async change(event: number): Promise<void> {
    writeFileSync(join(this.#directory, 'cluster.json'), cluster(event))
    let seen = 0
    for (let tries = 0; seen < 40 && tries < 2000; tries++) {
      const name = `10-0-${tries >> 8}-${tries & 255}.event-${event}.pod.cluster.local`
      const reply = await ask(this.#port, name, 'A', { timeoutMs: 2000 })
      // Each question has a port of its own, so that in the end every thread has been asked.
      seen = reply.answer.length === 1 ? seen + 1 : 0
      if (seen === 0) await new Promise(done => setTimeout(done, 10))
    }
    assert.equal(seen, 40, 'every thread has seen the change')
  }

  async close(): Promise<void> {
    this.#socket.close()
    await this.#nodens.kill()
    rmSync(this.#directory, { recursive: true })
  }

  #askOne(octets: Uint8Array, id: number): Promise<unknown> {
    const query = Buffer.from(octets)
    query.writeUInt16BE(id, 0)
    return new Promise(resolve => {
      const timer = setTimeout(() => resolve(null), 2000)
      this.#waiting.set(id, reply => {
        clearTimeout(timer)
        resolve(inWords(decode(reply)))
      })
      this.#socket.send(query, this.#port, '127.0.0.1')
    })
  }
}

/**
 * A reply without what may differ: the order of records, their age, and with it whether they are said to be stale (the servers' caches are not
 * of the same moment), serials (seconds), and letter case but in the question.
 */
function inWords({ answer, authority, additional, edns, ...others }: Message): unknown {
  const rest = { ...others, edns: edns && { ...edns, options: edns.options.filter(option => !saysStale(option)) } }
  const isTruncated = (rest.flags & Flag.TC) !== 0
  const words = (records: Message['answer']) => (isTruncated ? records.length : records.map(wordsOf).sort())
  return { ...rest, answer: words(answer), authority: words(authority), additional: words(additional) }
}

/** Extended errors 3, Stale Answer, and 19, Stale NXDOMAIN Answer (RFC 8914 sections 4.4 and 4.20). */
function saysStale({ code, data }: EdnsOption): boolean {
  return code === OptionCode.EDE && data[0] === 0 && (data[1] === 3 || data[1] === 19)
}

function wordsOf(record: ResourceRecord): string {
  return formatRecord(record.withTtl(0))
    .toLowerCase()
    .replace(/\d+ 7200 /, 'serial 7200 ')
}
