import { createSocket } from 'node:dgram'
import { queryOctets } from '#test/support/client.ts'

/** What became of a load's queries. */
export interface LoadResult {
  readonly sent: number
  readonly answered: number
  /** Replies by rcode. */
  readonly rcodes: ReadonlyMap<number, number>
}

/** A steady load of UDP queries from one socket to loopback, until it is stopped. */
export class Load {
  readonly #socket = createSocket('udp4')
  readonly #port: number
  readonly #waiting = new Set<number>()
  readonly #rcodes = new Map<number, number>()
  readonly #query: Uint8Array
  readonly #timer: NodeJS.Timeout
  #sent = 0
  #answered = 0
  #id = 0

  /** Asks for `name` `perSecond` times a second, in bursts of 5 ms; a query is lost if its ID comes round unanswered. */
  constructor(port: number, name: string, type: string, perSecond: number) {
    this.#port = port
    this.#query = queryOctets(name, type)
    this.#socket.on('message', reply => this.#receive(reply))
    const started = performance.now()
    this.#timer = setInterval(() => {
      const due = Math.floor(((performance.now() - started) / 1000) * perSecond)
      for (let burst = 0; this.#sent < due && burst < 50; burst++) this.#send()
    }, 5)
  }

  /** Stops sending, waits up to `graceMs` for what is under way, and tells what became of everything. */
  async stop(graceMs = 10_000): Promise<LoadResult> {
    clearInterval(this.#timer)
    const deadline = performance.now() + graceMs
    while (this.#waiting.size > 0 && performance.now() < deadline) await new Promise(done => setTimeout(done, 10))
    this.#socket.close()
    return { sent: this.#sent, answered: this.#answered, rcodes: this.#rcodes }
  }

  #send(): void {
    this.#id = (this.#id + 1) & 0xffff
    this.#waiting.add(this.#id)
    this.#sent++
    const query = Buffer.from(this.#query)
    query.writeUInt16BE(this.#id, 0)
    this.#socket.send(query, this.#port, '127.0.0.1')
  }

  #receive(reply: Buffer): void {
    if (!this.#waiting.delete(reply.readUInt16BE(0))) return
    this.#answered++
    const rcode = reply[3]! & 15
    this.#rcodes.set(rcode, (this.#rcodes.get(rcode) ?? 0) + 1)
  }
}
