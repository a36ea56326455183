import { createSocket } from 'node:dgram'
import { queryOctets } from '#test/support/client.ts'

/** A query that was answered; a lost one has an infinite latency. */
export interface Sample {
  readonly sentAtMs: number
  readonly latencyMs: number
}

/** Every ID comes round after so many queries. */
const MAX_IDS = 0x10000

/** Asks for names over UDP at a steady rate and keeps how long each answer took. */
export class LatencyLoad {
  readonly #socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 })
  readonly #queries: readonly Buffer[]
  readonly #sentAtMs = new Float64Array(MAX_IDS)
  readonly #samples: Sample[] = []
  readonly #timer: NodeJS.Timeout
  #sent = 0

  /** `names` are asked for one after another, type A, `perSecond` in all. */
  constructor(port: number, names: readonly string[], perSecond: number) {
    this.#queries = names.map(name => Buffer.from(queryOctets(name, 'A', {}, 0)))
    this.#socket.on('message', reply => this.#receive(reply))
    this.#socket.connect(port, '127.0.0.1')
    const beganMs = performance.now()
    this.#timer = setInterval(() => {
      const due = ((performance.now() - beganMs) / 1000) * perSecond
      while (this.#sent < due) this.#send()
    }, 1)
  }

  /** Ends the asking; resolves with all samples after half a second for those under way. */
  async stop(): Promise<readonly Sample[]> {
    clearInterval(this.#timer)
    await new Promise(resolve => setTimeout(resolve, 500))
    this.#socket.close()
    for (const sentAtMs of this.#sentAtMs)
      if (sentAtMs > 0) this.#samples.push({ sentAtMs, latencyMs: Number.POSITIVE_INFINITY })
    return this.#samples
  }

  #send(): void {
    const id = this.#sent % MAX_IDS
    const query = Buffer.from(this.#queries[this.#sent % this.#queries.length]!)
    this.#sent++
    query.writeUInt16BE(id, 0)
    const sentAtMs = performance.now()
    const lostAtMs = this.#sentAtMs[id]!
    if (lostAtMs > 0) this.#samples.push({ sentAtMs: lostAtMs, latencyMs: Number.POSITIVE_INFINITY })
    this.#sentAtMs[id] = sentAtMs
    // Before the socket is connected it cannot send.
    try {
      this.#socket.send(query)
    } catch {
      this.#sentAtMs[id] = 0
    }
  }

  #receive(reply: Buffer): void {
    const id = reply.readUInt16BE(0)
    const sentAtMs = this.#sentAtMs[id]!
    if (sentAtMs === 0) return
    this.#sentAtMs[id] = 0
    this.#samples.push({ sentAtMs, latencyMs: performance.now() - sentAtMs })
  }
}

/** The value below which a share (0 to 1) of the values lies; `null` without values. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null
  const sorted = Float64Array.from(values).sort()
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
}
