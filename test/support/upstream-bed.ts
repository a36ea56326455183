import type { TestContext } from 'node:test'
import { systemClock } from '#lib/clock.ts'
import { upstreamAddress } from '#net/upstream/address.ts'
import type { Ignored } from '#net/upstream/observer.ts'
import type { UpstreamQuestion } from '#net/upstream/question.ts'
import { SocketBudget } from '#net/upstream/socket-budget.ts'
import type { UpstreamOptions } from '#net/upstream/upstream.ts'
import { Upstream } from '#net/upstream/upstream.ts'
import type { FakeExchange, FakeUpstream, FakeUpstreamOptions } from '#test/support/fake-upstream.ts'
import { startFakeUpstream } from '#test/support/fake-upstream.ts'
import { Class, Flag, Type } from '#wire/constants.ts'
import { foldName, name, ROOT } from '#wire/name.ts'

const OPTIONS: UpstreamOptions = {
  sourceAddress: null,
  readTimeoutMs: 2000,
  expireMs: 10_000,
  maxAgeMs: 0,
  maxIdleConnections: 0,
  healthCheck: { intervalMs: 20, recursionDesired: true, domain: ROOT, tcp: false },
}

/** An upstream, what it is spoken to with, and what was heard of it. */
export interface Bed {
  readonly fake: FakeUpstream
  readonly upstream: Upstream
  readonly budget: SocketBudget
  readonly ignored: Ignored[]
  readonly sockets: string[]
  probesFailed(): number
  ask(parts?: Partial<UpstreamQuestion>, tcp?: boolean, deadlineMs?: number): ReturnType<Upstream['exchange']>
}

/** Starts an upstream that gives each question to `script`; all of it ends with the test. */
export async function startBed(
  t: TestContext,
  script: (exchange: FakeExchange) => void,
  options: Partial<UpstreamOptions> = {},
  listen: FakeUpstreamOptions = {},
  budget: SocketBudget = new SocketBudget(1000),
): Promise<Bed> {
  const fake = await startFakeUpstream(script, listen)
  const ignored: Ignored[] = []
  const sockets: string[] = []
  let probesFailed = 0
  const observer = {
    answered() {},
    ignored: (reason: Ignored) => void ignored.push(reason),
    socket: (protocol: string, hit: boolean) => void sockets.push(`${protocol} ${hit ? 'hit' : 'miss'}`),
    probeFailed: () => void probesFailed++,
  }
  const address = upstreamAddress('127.0.0.1', fake.port)!
  const upstream = new Upstream(address, { ...OPTIONS, ...options }, observer, budget, systemClock)
  t.after(async () => {
    upstream.close()
    await fake.close().catch(() => {})
  })
  const ask: Bed['ask'] = (parts = {}, tcp = false, deadlineMs = Number.POSITIVE_INFINITY) =>
    upstream.exchange({ ...question(), ...parts }, { tcp, retryTruncated: false, deadlineMs })
  return { fake, upstream, budget, ignored, sockets, probesFailed: () => probesFailed, ask }
}

/** www.test A, with EDNS. */
export function question(): UpstreamQuestion {
  const asked = name('www.test')
  const folded = foldName(asked)
  return { name: asked, folded, type: Type.A, class: Class.IN, flags: Flag.RD, edns: true, dnssecOk: false }
}
