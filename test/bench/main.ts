import { parseArgs } from 'node:util'
import { queriesPerSecond } from '#test/bench/dnsperf.ts'
import { idleMemoryMib, startBenchServer, startToFirstAnswerMs } from '#test/bench/server.ts'
import { startUpstream } from '#test/bench/upstream.ts'

/** One line of the table. */
interface Measurement {
  readonly what: string
  /** `null` when it could not be measured; `note` says why. */
  readonly value: number | null
  readonly unit: string
  readonly note: string
}

const CLUSTER_NAME = 'my-service.default.svc.cluster.local'
const CACHED_NAME = 'www.example.org'

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    udp: { type: 'string', default: 'dgram' },
  },
})

// `--udp auto` measures what the server chooses by itself, batches on Linux, in place of the portable transport.
const transport = values.udp === 'auto' ? {} : { NODENS_UDP: 'dgram' }
const measurements = await measure(Number(values.rounds), Number(values.seconds))
process.stdout.write(values.json ? `${JSON.stringify(measurements, null, 2)}\n` : table(measurements))

/** All measurements, one after another, on loopback. Takes about `2 * rounds * seconds` and 15 seconds more. */
async function measure(rounds: number, seconds: number): Promise<Measurement[]> {
  const upstream = await startUpstream()
  try {
    const start = await startToFirstAnswerMs({ upstreamPort: upstream.port, environment: transport }, CLUSTER_NAME, 5)
    const server = await startBenchServer({ upstreamPort: upstream.port, environment: transport })
    try {
      await server.firstAnswer(CLUSTER_NAME)
      const idle = await idleMemoryMib(server.pid)
      const cluster = await queriesPerSecond(server.port, CLUSTER_NAME, rounds, seconds)
      const cached = await queriesPerSecond(server.port, CACHED_NAME, rounds, seconds)
      const loaded = await idleMemoryMib(server.pid)
      return [
        line('memory of the idle server (RSS)', idle, 'MiB', 'read from /proc, which this system has not'),
        line('start to first answer over UDP', start, 'ms', ''),
        line('A record of a ClusterIP', cluster, 'queries/s', 'dnsperf is not installed'),
        line('cache hit', cached, 'queries/s', 'dnsperf is not installed'),
        line('memory after that load (RSS)', loaded, 'MiB', 'read from /proc, which this system has not'),
      ]
    } finally {
      await server.stop()
    }
  } finally {
    upstream.stop()
  }
}

function line(what: string, value: number | null, unit: string, noteWithout: string): Measurement {
  return { what, value, unit, note: value === null ? noteWithout : '' }
}

function table(lines: readonly Measurement[]): string {
  const shown = lines.map(({ what, value, unit, note }) => {
    return value === null ? `| ${what} | skipped: ${note} |` : `| ${what} | ${Math.round(value)} ${unit} |`
  })
  return `| Node ${process.versions.node}, ${process.platform} ${process.arch}, UDP by ${values.udp} | median |\n|---|---|\n${shown.join('\n')}\n`
}
