import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { ImageSettings } from '#test/bench/image-settings.ts'
import { imageSettings } from '#test/bench/image-settings.ts'
import { median } from '#test/bench/median.ts'
import { generatedName } from '#test/support/api-server/cluster.ts'
import type { ApiServerProcess } from '#test/support/api-server/process.ts'
import { startApiServerProcess } from '#test/support/api-server/process.ts'
import { ask } from '#test/support/client.ts'
import { freePort } from '#test/support/free-port.ts'
import { REPOSITORY } from '#test/support/source.ts'

/** The compiled package: `npm run bench:image` builds it first. */
const MAIN = `${REPOSITORY}dist/src/main.js`
/** How long a server may take to its first answer, in milliseconds. */
const START_LIMIT_MS = 20_000
/** How long a server is left alone before its memory is read, in milliseconds. */
const IDLE_MS = 3000

/** What one run of the server showed. */
interface Run {
  readonly firstAnswerMs: number
  /** Resident, in MB (10^6 octets), as the goals have them. */
  readonly totalMb: number
  /** Of the file of Node.js and its libraries: pages that all processes of a node share. */
  readonly filesMb: number
}

const { values } = parseArgs({ options: { runs: { type: 'string', default: '5' } } })
if (!existsSync(MAIN)) throw new Error('no dist/: npm run build')
const directory = mkdtempSync(join(tmpdir(), 'nodens-bench-'))
/** The image's, and the one that a run is given: the image is read-only, so that no run finds what another one added. */
const imageCache = join(directory, 'image-cache')
const runCache = join(directory, 'compile-cache')
try {
  fillCompileCache(imageSettings(imageCache))
  process.stdout.write(await table(imageSettings(runCache), Number(values.runs)))
} finally {
  rmSync(directory, { recursive: true })
}

/** As the Dockerfile does. */
function fillCompileCache({ options, environment }: ImageSettings): void {
  const { status, stderr } = spawnSync(process.execPath, [...options, MAIN, '-version'], {
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
}

/** Medians of some runs over each cluster; about 5 seconds a run. */
async function table(settings: ImageSettings, runs: number): Promise<string> {
  const rows: string[] = []
  const sample = `manifests ${REPOSITORY}examples/cluster`
  rows.push(await row('the sample cluster, from manifests', settings, sample, 'my-service.default', runs))
  for (const services of [10, 10_000]) {
    const api = await apiServer(services)
    try {
      const name = generatedName(services - 1)
      rows.push(await row(`${services} Services, from an API server`, settings, access(api.url), name, runs))
    } finally {
      await api.stop()
    }
  }
  const head = `| Node ${process.versions.node}, compiled, ${settings.options.join(' ')} | memory (RSS) | of it files | first answer |`
  return `${head}\n|---|---:|---:|---:|\n${rows.join('\n')}\n`
}

async function apiServer(services: number): Promise<ApiServerProcess> {
  const api = await startApiServerProcess(1000, { tls: true })
  await api.call('generate', { services, slices: 0, endpointsPerSlice: 0, pods: 0 })
  return api
}

function access(url: string): string {
  const tls = `${REPOSITORY}test/fixtures/tls`
  return `endpoint ${url}\n       tls ${tls}/client.crt ${tls}/client.key ${tls}/ca.crt`
}

async function row(
  what: string,
  settings: ImageSettings,
  source: string,
  service: string,
  runs: number,
): Promise<string> {
  const name = `${service}.svc.cluster.local`
  const all: Run[] = []
  for (let i = 0; i < runs; i++) all.push(await run(settings, source, name))
  const of = (pick: (run: Run) => number): number => Math.round(median(all.map(pick)))
  return `| ${what} | ${of(run => run.totalMb)} MB | ${of(run => run.filesMb)} MB | ${of(run => run.firstAnswerMs)} ms |`
}

async function run(settings: ImageSettings, source: string, name: string): Promise<Run> {
  const port = await freePort()
  const file = join(directory, 'Corefile')
  writeFileSync(file, await corefile(port, source))
  rmSync(runCache, { recursive: true, force: true })
  cpSync(imageCache, runCache, { recursive: true })
  const beganMs = performance.now()
  const child = spawn(process.execPath, [...settings.options, MAIN, '-conf', file], {
    env: { ...process.env, ...settings.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (output += String(chunk)))
  try {
    while (!(await answers(port, name))) {
      if (child.exitCode !== null || performance.now() - beganMs > START_LIMIT_MS) throw new Error(output)
    }
    const firstAnswerMs = performance.now() - beganMs
    await setTimeout(IDLE_MS)
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    const mb = (field: string): number =>
      (Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)![1]) * 1024) / 1e6
    return { firstAnswerMs, totalMb: mb('VmRSS'), filesMb: mb('RssFile') }
  } finally {
    const exit = child.exitCode === null ? once(child, 'exit') : null
    child.kill('SIGTERM')
    await exit
  }
}

async function answers(port: number, name: string): Promise<boolean> {
  const reply = await ask(port, name, 'A', { timeoutMs: 10 }).catch(() => null)
  return reply !== null && reply.answer.length > 0
}

/** What deploy/kubernetes has, on loopback, over a cluster from `source`. */
async function corefile(port: number, source: string): Promise<string> {
  return `.:${port} {
    bind 127.0.0.1
    errors
    health 127.0.0.1:${await freePort()}
    ready 127.0.0.1:${await freePort()}
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       ${source}
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus 127.0.0.1:${await freePort()}
    hosts {
       192.0.2.1 gateway.internal
       fallthrough
    }
    forward . 127.0.0.1:${await freePort()} {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`
}
