import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { randomBelow } from '#lib/random.ts'
import { readDnsperfReport } from '#test/bench/dnsperf-report.ts'
import { imageSettings } from '#test/bench/image-settings.ts'
import { outputOf } from '#test/bench/program-output.ts'
import { freePort } from '#test/support/free-port.ts'
import { NodensProcess } from '#test/support/process.ts'
import { REPOSITORY } from '#test/support/source.ts'

/**
 * `npm run bench:soak`: full load for minutes while the cluster changes and the Corefile is reloaded, good and bad, on a server that is
 * started as in the image.
 */
const { values } = parseArgs({
  options: {
    main: { type: 'string', default: `${REPOSITORY}src/main.ts` },
    seconds: { type: 'string', default: '600' },
  },
})
const SERVICES = 1000
/**
 * A change of the cluster each second on average, a reload every ten, every third of them of a broken file. At random moments: in step
 * with the samples of the event loop's delay, which are a second apart as well, either all or none of them would fall in a change.
 */
const EVENT_MS = 1000
const EVENTS_PER_RELOAD = 10
const SAMPLE_EVENTS = 10

interface Sample {
  readonly rssMib: number
  /** The event loop's delay since the last sample. */
  readonly delayP99Ms: number
  readonly descriptors: number
}

await soak(resolve(values.main), Number(values.seconds))

async function soak(main: string, seconds: number): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-soak-'))
  const [port, metricsPort] = [await freePort(), await freePort()]
  const corefile = join(directory, 'Corefile')
  writeFileSync(corefile, corefileText(port, metricsPort, 0))
  writeFileSync(join(directory, 'cluster.json'), cluster(0))
  const queries = join(directory, 'queries')
  writeFileSync(queries, Array.from({ length: SERVICES }, (_, i) => `svc-${i}.default.svc.cluster.local A\n`).join(''))
  const { options: flags, environment } = imageSettings(join(directory, 'compile-cache'))
  const nodens = new NodensProcess(['-conf', corefile], { main, flags, env: { ...process.env, ...environment } })
  try {
    await nodens.output(/^Nodens-/m)
    await sleep(2000)
    const pid = nodens.child.pid!
    const load = outputOf('dnsperf', `-s 127.0.0.1 -p ${port} -d ${queries} -l ${seconds} -c 8 -q 100 -t 5`.split(' '))
    const samples: Sample[] = []
    for (let event = 1; event * EVENT_MS < seconds * 1000; event++) {
      await sleep(EVENT_MS / 2 + randomBelow(EVENT_MS))
      writeFileSync(join(directory, 'cluster.json'), cluster(event))
      if (event % EVENTS_PER_RELOAD === 0) {
        const reload = event / EVENTS_PER_RELOAD
        writeFileSync(corefile, reload % 3 === 0 ? 'broken {\n cache 0\n}\n' : corefileText(port, metricsPort, reload))
        nodens.signal('SIGUSR1')
      }
      if (event % SAMPLE_EVENTS === SAMPLE_EVENTS / 2) samples.push(await sample(pid, metricsPort))
    }
    const output = await load
    if (output === null) throw new Error('dnsperf is not installed')
    report(readDnsperfReport(output), samples, nodens.stdout)
  } finally {
    nodens.signal('SIGTERM')
    await nodens.exit()
    rmSync(directory, { recursive: true })
  }
}

function report(
  { sent, completed, queriesPerSecond, rcodes }: ReturnType<typeof readDnsperfReport>,
  samples: Sample[],
  log: string,
): void {
  const quarters = [0, 1, 2, 3].map(quarter =>
    samples.slice(Math.floor((samples.length * quarter) / 4), Math.floor((samples.length * (quarter + 1)) / 4)),
  )
  const mean = (part: readonly Sample[], of: (sample: Sample) => number) =>
    part.length === 0 ? '' : (part.reduce((sum, sample) => sum + of(sample), 0) / part.length).toFixed(1)
  const row = (what: string, of: (sample: Sample) => number) =>
    `| ${[what, ...quarters.map(part => mean(part, of)), Math.max(...samples.map(of)).toFixed(1)].join(' | ')} |`
  const count = (pattern: RegExp) => log.match(pattern)?.length ?? 0
  process.stdout.write(
    [
      `${sent} queries, ${sent - completed} lost, ${Math.round(queriesPerSecond)} a second; ${[...rcodes].map(pair => pair.join(' ')).join(', ')}`,
      `${count(/^\[INFO\] Reloading complete$/gm)} reloads, ${count(/^\[ERROR\] Restart failed/gm)} refused`,
      '',
      '| means of a quarter of the time | first | second | third | fourth | most |',
      '|---|---:|---:|---:|---:|---:|',
      row('RSS (MiB)', sample => sample.rssMib),
      row("event loop's delay, p99 of 10 s (ms)", sample => sample.delayP99Ms),
      row('file descriptors', sample => sample.descriptors),
      '',
    ].join('\n'),
  )
}

async function sample(pid: number, metricsPort: number): Promise<Sample> {
  const page = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()
  const metric = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(page)?.[1])
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return {
    rssMib: Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024,
    delayP99Ms: metric('nodejs_eventloop_lag_p99_seconds') * 1000,
    descriptors: metric('process_open_fds'),
  }
}

function corefileText(port: number, metricsPort: number, version: number): string {
  return `.:${port} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:0
    ready 127.0.0.1:0
    prometheus 127.0.0.1:${metricsPort}
    hosts none {
        10.0.0.${version % 250} version.example
        fallthrough
    }
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests cluster.json
        pods insecure
        ttl 30
    }
    cache 30
    loop
    reload 2h
    loadbalance
}
`
}

/** A cluster in which one service more or less and one address changes with every event; the others stay. */
function cluster(event: number): string {
  const service = (name: string, address: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { clusterIP: address, ports: [{ name: 'http', port: 80 }] },
  })
  const items = Array.from({ length: SERVICES }, (_, i) => service(`svc-${i}`, `10.96.${i >> 8}.${i & 255}`))
  items.push(service('changing', `10.97.${(event >> 8) & 255}.${event & 255}`))
  if (event % 2 === 0) items.push(service('coming-and-going', '10.98.0.1'))
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items })
}
