import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import type { ClusterServer } from '#test/bench/cluster-server.ts'
import { HighestMemory, startClusterServer } from '#test/bench/cluster-server.ts'
import type { Measurement } from '#test/bench/goals.ts'
import { goalTable } from '#test/bench/goals.ts'
import { imageSettings } from '#test/bench/image-settings.ts'
import { latenciesOfLists } from '#test/bench/list-latencies.ts'
import { lookupMicroseconds } from '#test/bench/lookup-time.ts'
import { ANYWHERE, ownProcessor } from '#test/bench/own-processor.ts'
import { percentile } from '#test/bench/percentile.ts'
import { generatedName, LARGE_CLUSTER, namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { ApiServerProcess } from '#test/support/api-server/process.ts'
import { startApiServerProcess } from '#test/support/api-server/process.ts'
import { isInstalled } from '#test/support/installed.ts'
import { REPOSITORY } from '#test/support/source.ts'

const { values } = parseArgs({
  options: {
    image: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    main: { type: 'string', default: `${REPOSITORY}src/main.ts` },
    pods: { type: 'string', default: '0' },
    rate: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '20' },
    shared: { type: 'boolean', default: false },
  },
})

if (!isInstalled('dnsperf')) throw new Error('dnsperf is not installed (package dnsperf in Debian and Ubuntu)')

const pods = Number(values.pods)
const places = values.shared ? ANYWHERE : ownProcessor(availableParallelism())
/** What is asked of a server that follows a cluster of this size: CoreDNS's memory limit, or what its own formula gives. */
const REST_GOAL_MIB = pods === 0 ? 170 : (((pods + LARGE_CLUSTER.services) / 1000 + 54) * 1e6) / 2 ** 20
const RELIST_MEMORY_GOAL = 1.3
const EVENT_GOAL_MS = 1000
/** A lookup may take longer in a larger cluster by what its names take in the processor's caches. */
const LOOKUP_GOAL = 1.5

/** Changes that the API server remembers: as many as the churn makes in five seconds. */
const WINDOW_EVENTS = 5000
/** The API server is told to change slices for so long at a time: calls that took a minute lost their connection. */
const CHURN_CALL_SECONDS = 5
const PROBE = 'probe.bench.svc.cluster.local.'

const measurements = await measure()
process.stdout.write(values.json ? `${JSON.stringify(measurements, null, 2)}\n` : goalTable(title(), measurements))

/** All measurements, one after another, on loopback: about a minute with the defaults. */
async function measure(): Promise<Measurement[]> {
  const api = await startApiServerProcess(WINDOW_EVENTS)
  let server: ClusterServer | undefined
  try {
    await api.call('generate', { ...LARGE_CLUSTER, pods })
    await api.call('apply', [namespace('bench'), service('bench', 'probe', 'None'), probeSlice(0)])
    server = await startClusterServer({
      main: values.main,
      url: api.url,
      lines: pods > 0 ? 'pods verified' : '',
      flags: values.image ? imageSettings('').options : ['--min-semi-space-size=2', '--max-semi-space-size=2'],
      prefix: places.server,
    })
    const startMs = await server.becomes(PROBE, probeAddress(0))
    await server.becomes(`${generatedName(LARGE_CLUSTER.services - 1)}.svc.cluster.local.`, '10.96.39.15')
    await sleepMs(5000)
    const restMib = server.memoryMib()
    const memory = new HighestMemory(server)
    const latencies = await latenciesOfLists(api, server.port, places.client)
    const listsHighestMib = memory.stop()
    await sleepMs(5000)
    const afterMib = server.memoryMib()
    const churn = await eventsToAnswers(api, server)
    const few = await lookupMicroseconds(10)
    const many = await lookupMicroseconds(LARGE_CLUSTER.services)
    return [
      line('start until the whole cluster is known', startMs, 'ms'),
      line('memory at rest (RSS)', restMib, 'MiB', REST_GOAL_MIB),
      line('memory during relists, highest (RSS)', listsHighestMib, 'MiB'),
      line('memory five seconds after (RSS)', afterMib, 'MiB'),
      line('memory during relists to memory at rest', ratio(listsHighestMib, restMib), '', RELIST_MEMORY_GOAL),
      ...latencies,
      line('slice updates made', churn.updates, ''),
      line('slice updates a second', churn.updates / Number(values.seconds), ''),
      line('event to answer under these updates, p50', percentile(churn.latencies, 0.5), 'ms'),
      line('event to answer under these updates, p99', percentile(churn.latencies, 0.99), 'ms', EVENT_GOAL_MS),
      line('memory under these updates, highest (RSS)', churn.highestMib, 'MiB'),
      line('error lines', server.errorLines.length, '', 0),
      line('lookup of a service among 10', few, 'us'),
      line(`lookup of a service among ${LARGE_CLUSTER.services}`, many, 'us'),
      line('ratio of the two', many / few, '', LOOKUP_GOAL),
    ]
  } finally {
    await server?.stop()
    await api.stop()
  }
}

/** Time from a change, made amid many others, to the first answer that has it. */
async function eventsToAnswers(
  api: ApiServerProcess,
  server: ClusterServer,
): Promise<{ latencies: number[]; updates: number; highestMib: number | null }> {
  const memory = new HighestMemory(server)
  let isOver = false
  const running = churn(api).finally(() => (isOver = true))
  const latencies: number[] = []
  for (let i = 1; !isOver; i++) {
    const beganMs = performance.now()
    await api.call('apply', [probeSlice(i)])
    await server.becomes(PROBE, probeAddress(i), 60_000)
    latencies.push(performance.now() - beganMs)
    await sleepMs(20)
  }
  return { latencies, updates: await running, highestMib: memory.stop() }
}

/** Changes slices at the rate and for the time that were asked for; resolves with how many changes were made. */
async function churn(api: ApiServerProcess): Promise<number> {
  const { slices, endpointsPerSlice } = LARGE_CLUSTER
  let updates = 0
  for (let left = Number(values.seconds); left > 0; left -= CHURN_CALL_SECONDS) {
    const seconds = Math.min(left, CHURN_CALL_SECONDS)
    updates += await api.call('churn', { perSecond: Number(values.rate), seconds, slices, endpointsPerSlice })
  }
  return updates
}

function probeSlice(i: number): ReturnType<typeof slice> {
  return slice('bench', 'probe', 'probe', [probeAddress(i)])
}

function probeAddress(i: number): string {
  return `172.31.${(i >> 8) & 0xff}.${i & 0xff}`
}

function ratio(above: number | null, below: number | null): number | null {
  return above === null || below === null ? null : above / below
}

function sleepMs(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}

function line(what: string, value: number | null, unit: string, goal?: number): Measurement {
  return { what, value, unit, ...(goal === undefined ? {} : { goal }) }
}

function title(): string {
  const { services, slices, endpointsPerSlice } = LARGE_CLUSTER
  const size = `${services} Services, ${slices * endpointsPerSlice} endpoints, ${pods} Pods`
  return `Node ${process.versions.node}, ${process.platform} ${process.arch}; ${size}; ${places.text}`
}
