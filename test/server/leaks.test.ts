import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { cLibrary } from '#net/batch/c-library.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'
import { collectGarbage } from '#test/support/garbage.ts'
import { openFiles } from '#test/support/open-files.ts'
import { ScriptedResponder } from '#test/support/scripted-responder.ts'
import { bootServer } from '#test/support/server.ts'
import { until } from '#test/support/until.ts'

/** `NODENS_RELOADS=1000` is the full length. */
const RELOADS = Number(process.env['NODENS_RELOADS'] ?? 100)
const CLOSES = 1000

/**
 * A socket that is left each time makes 56 MiB of external memory in 100 times, a configuration far more. That of the one
 * before may still be held. RSS goes up and down by 100 MiB by itself, and once by 230: glibc keeps large pieces that were given back
 * for the next ones, so that its limit is for what V8 does not know of.
 */
const GROWTH_LIMITS_MIB = { residentMib: 300, externalMib: 40, heapMib: 6 }

const c = cLibrary()
const skip = c === null && 'needs node:ffi and Linux on x86-64 or arm64'

describe('nothing is left behind', () => {
  test(`by ${CLOSES} batched sockets that were opened and closed`, { skip }, async t => {
    const responder = new ScriptedResponder()
    const round = async () => await listenUdpInBatches(c!, { address: '', port: 0, responder }).close(0)
    for (let i = 0; i < 50; i++) await round()
    const before = await held()
    for (let i = 0; i < CLOSES; i++) {
      await round()
      if (i % 50 === 0) collectGarbage() // Else RSS is that of garbage.
    }
    await nothingMore(before, text => t.diagnostic(text))
  })

  test(`by ${RELOADS} reloads, each with other sockets, in batches and over TCP`, { skip }, async t => {
    const server = await bootServer(corefile(0))
    t.after(() => server.close())
    for (let i = 1; i <= 20; i++) await reload(i)
    const before = await held()
    for (let i = 1; i <= RELOADS; i++) {
      await reload(i)
      if (i % 50 === 0) collectGarbage()
    }
    assert.equal((await server.ask('a.example', 'A')).rcode, 0)
    await nothingMore(before, text => t.diagnostic(text))

    async function reload(i: number): Promise<void> {
      server.writeCorefile(corefile(i))
      await server.runtime.reload()
    }
  })
})

/** The first block keeps its sockets, the second has others than before. */
function corefile(i: number): string {
  const block = 'cache 30\nhosts none {\n10.0.0.1 a.example\n}\nwhoami\n'
  return `. {\nbind 127.0.0.1\n${block}}\nb.example {\nbind 127.0.1.${1 + (i % 2)}\n${block}}\n`
}

/** What leaks would make more of. */
interface Held {
  readonly descriptors: number
  /** libuv's handles by type, and Node's timers: those of libuv are mostly V8's own. */
  readonly handles: Readonly<Record<string, number>>
  readonly residentMib: number
  /** ArrayBuffers and all else outside of V8's heap that it knows of. */
  readonly externalMib: number
  readonly heapMib: number
}

async function held(): Promise<Held> {
  for (let i = 0; i < 3; i++) {
    collectGarbage()
    await new Promise(resolve => setImmediate(resolve))
  }
  const { rss, external, heapUsed } = process.memoryUsage()
  const handles: Record<string, number> = {}
  for (const { type } of libuvHandles()) handles[type] = (handles[type] ?? 0) + 1
  handles['timeout'] = process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length
  const mib = (octets: number) => Math.round(octets / 2 ** 20)
  return {
    descriptors: openFiles(),
    handles,
    residentMib: mib(rss),
    externalMib: mib(external),
    heapMib: mib(heapUsed),
  }
}

async function nothingMore(before: Held, say: (text: string) => void): Promise<void> {
  await until(() => openFiles() <= before.descriptors)
  const after = await held()
  say(`before ${JSON.stringify(before)}, after ${JSON.stringify(after)}`)
  for (const type of ['poll', 'udp', 'tcp', 'timeout']) {
    assert.ok((after.handles[type] ?? 0) <= (before.handles[type] ?? 0), `${type} handles: ${after.handles[type]}`)
  }
  for (const kind of ['residentMib', 'externalMib', 'heapMib'] as const) {
    assert.ok(after[kind] - before[kind] < GROWTH_LIMITS_MIB[kind], `${kind}: ${before[kind]} -> ${after[kind]}`)
  }
}

function libuvHandles(): readonly { readonly type: string }[] {
  const report: { libuv: { type: string }[] } = JSON.parse(JSON.stringify(process.report.getReport()))
  return report.libuv
}
