import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Measurement } from '#test/bench/goals.ts'
import { median } from '#test/bench/median.ts'
import type { Latency } from '#test/bench/peers/load.ts'
import { askAtRateByDnsperf } from '#test/bench/peers/load.ts'
import { generatedName, LARGE_CLUSTER } from '#test/support/api-server/cluster.ts'
import type { ApiServerProcess } from '#test/support/api-server/process.ts'

const QUERIES_PER_SECOND = 5000
const WARM_UP_SECONDS = 3
/** Each kind of load lasts so long, in seconds: that of three to four lists. */
const LOAD_SECONDS = 5
/** They come by turns, since a machine is not the same from one minute to the next. */
const ROUNDS = 5
const NAMES = 1000
/** How often a name comes in steps that meet every namespace. */
const STEP = 7919
const GOAL = 2

/**
 * Latencies of queries for services, medians of some rounds: at rest, while the server lists everything again and again, and while somebody else does, which
 * shows what comes from the machine. `client` is put before the command of dnsperf.
 */
export async function latenciesOfLists(
  api: ApiServerProcess,
  port: number,
  client: readonly string[],
): Promise<readonly Measurement[]> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-bench-'))
  const file = join(directory, 'queries')
  writeFileSync(file, queries())
  const ask = (seconds: number): Promise<Latency> =>
    askAtRateByDnsperf(
      { port, transport: 'udp', file, threads: 1, pin: client, processors: 0 },
      seconds,
      QUERIES_PER_SECOND,
    )
  try {
    await ask(WARM_UP_SECONDS)
    await relist(api)
    const rest: Latency[] = []
    const lists: Latency[] = []
    const others: Latency[] = []
    const milliseconds: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      rest.push(await ask(LOAD_SECONDS))
      const own = await askMeanwhile(ask, () => relist(api))
      lists.push(own.latency)
      milliseconds.push(own.milliseconds)
      others.push((await askMeanwhile(ask, () => listElsewhere(api))).latency)
    }
    const ratio = (loads: readonly Latency[]): number => medianOf(loads, 'p99Us') / medianOf(rest, 'p99Us')
    return [
      ...linesOf('at rest', rest),
      ...linesOf('during relists', lists),
      ...linesOf('while another client lists', others),
      { what: 'p99 during relists to p99 at rest', value: ratio(lists), unit: '', goal: GOAL },
      { what: 'p99 while another client lists to p99 at rest', value: ratio(others), unit: '' },
      { what: 'queries lost', value: sum([...rest, ...lists, ...others].map(({ lost }) => lost)), unit: '', goal: 0 },
      { what: 'a relist, from one to the next', value: median(milliseconds), unit: 'ms' },
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function queries(): string {
  const names = Array.from({ length: NAMES }, (_, i) => generatedName((i * STEP) % LARGE_CLUSTER.services))
  return names.map(name => `${name}.svc.cluster.local A\n`).join('')
}

function linesOf(when: string, loads: readonly Latency[]): Measurement[] {
  const what = `latency of ${QUERIES_PER_SECOND} queries/s ${when}`
  return [
    { what: `${what}, p50`, value: medianOf(loads, 'p50Us'), unit: 'us' },
    { what: `${what}, p99`, value: medianOf(loads, 'p99Us'), unit: 'us' },
  ]
}

function medianOf(loads: readonly Latency[], figure: 'p50Us' | 'p99Us'): number {
  return median(loads.map(load => load[figure]))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** Asks while something is done over and over; `milliseconds` is how long it took each time. */
async function askMeanwhile(
  ask: (seconds: number) => Promise<Latency>,
  doing: () => Promise<void>,
): Promise<{ latency: Latency; milliseconds: number }> {
  let isOver = false
  const asking = ask(LOAD_SECONDS).finally(() => (isOver = true))
  const beganMs = performance.now()
  let times = 0
  for (; !isOver; times++) await doing()
  const milliseconds = (performance.now() - beganMs) / times
  return { latency: await asking, milliseconds }
}

/** Has the server list everything, and waits until the last octet was taken. */
async function relist(api: ApiServerProcess): Promise<void> {
  const { watches } = await api.call('state')
  await api.call('relist')
  for (;;) {
    const state = await api.call('state')
    if (state.watches === watches && state.backlogOctets === 0) return
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

async function listElsewhere({ url }: ApiServerProcess): Promise<void> {
  for (const path of ['/api/v1/services', '/apis/discovery.k8s.io/v1/endpointslices']) {
    await new Promise<void>((resolve, reject) => {
      get(`${url}${path}`, response => response.resume().once('end', resolve).once('error', reject)).once(
        'error',
        reject,
      )
    })
  }
}
