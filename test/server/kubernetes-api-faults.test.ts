import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { namespace, service, slice } from '#test/support/api-server/cluster.ts'
import type { FakeApiServer } from '#test/support/api-server/server.ts'
import { startApiServer } from '#test/support/api-server/server.ts'
import { truthOf } from '#test/support/api-server/truth.ts'
import type { LiveOptions } from '#test/support/live-cluster.ts'
import { addStable, answerOf, bootLive, nameOf, SPACE, StablePoller } from '#test/support/live-cluster.ts'
import { SeededRandom } from '#test/support/random.ts'
import { until } from '#test/support/until.ts'

/** How many faults are met; NODENS_FAULT_RUNS asks for another number. */
const FAULTS = Number(process.env['NODENS_FAULT_RUNS'] ?? 200)
/** After so many faults the answers are compared with the truth. */
const FAULTS_BETWEEN_CHECKS = 4
/** The objects that come and go: services 0 to 39, the odd ones headless, in two namespaces. */
const CHANGING = 40

/** Breaks something for a moment; resolves when it is over. */
type Fault = (api: FakeApiServer, random: SeededRandom) => void | Promise<void>

const faults: Readonly<Record<string, Fault>> = {
  'watches are reset': api => api.resetWatches(),
  'watches time out': api => api.endWatches(),
  'watches expire in the stream': api => api.expireWatches(),
  'watches expire by status': api => {
    api.faults.goneByStatus = true
    api.store.compact()
    api.endWatches()
  },
  'watches are silent': api => api.silenceWatches(),
  'connections are refused': async (api, random) => {
    await api.refuse()
    change(api, random)
    await sleep(random.below(20))
    await api.accept()
  },
  'nothing is answered': async (api, random) => {
    api.hang()
    change(api, random)
    await sleep(random.below(20))
    api.recover(true)
  },
  'events are cut': (api, random) => api.cutNextEvents(random.pick(['reset', 'end', 'garbage'])),
  'lists are cut': (api, random) => {
    api.faults.refuseWatchList = true
    api.faults.cutNextList = random.pick(['reset', 'end', 'garbage'])
    api.expireWatches()
  },
  'the first event of lists is cut': (api, random) => {
    api.faults.cutNextEvent = random.pick(['reset', 'end', 'garbage'])
    api.expireWatches()
  },
  'requests fail': (api, random) => {
    api.faults.failNextWith(random.pick([500, 502, 503, 504, 404, 400]), 1 + random.below(4))
    api.endWatches()
  },
  'requests are forbidden': async api => {
    for (const verb of ['list', 'watch']) api.access.deny(verb, 'services')
    api.endWatches()
    await sleep(10)
    api.access.allowAll()
  },
  'continue tokens expire': api => {
    api.faults.refuseWatchList = true
    api.expireWatches()
    api.store.forgetPagedLists()
  },
  'answers are slow': (api, random) => {
    api.faults.delayMs = random.below(30)
    api.resetWatches()
  },
  'events come twice': api => {
    api.faults.duplicateEvents = true
  },
  'watches end after some events': (api, random) => {
    api.faults.closeWatchesAfterEvents = 1 + random.below(3)
    api.endWatches()
  },
  'a replica lags behind': async (api, random) => {
    api.lag()
    change(api, random)
    api.resetWatches()
    await sleep(random.below(20))
    api.catchUp()
  },
  'bookmarks come': api => api.bookmark(),
}

const configurations: [title: string, options: LiveOptions][] = [
  ['', {}],
  [', with a cache that keeps all for an hour', { lines: 'ttl 3600', directives: 'cache 3600' }],
  [', in a thread of its own', { lines: 'ttl 3600', directives: 'cache 3600', largeObjects: 0 }],
]
for (const [title, options] of configurations) {
  test(`after ${FAULTS} random faults under churn the answers are the truth, and stable names were always answered${title}`, {
    timeout: 60_000 + FAULTS * 500,
  }, async t => {
    const random = new SeededRandom()
    t.diagnostic(`NODENS_SEED=${random.seed}`)
    const api = await startApiServer({ windowEvents: 50, bookmarkMs: 100 })
    t.after(() => api.close())
    addStable(api)
    api.apply(namespace('other'))
    for (let i = 0; i < 20; i++) change(api, random)
    const server = await bootLive(t, api.url, options)
    const poller = new StablePoller(server)
    const met: string[] = []
    try {
      for (let i = 1; i <= FAULTS; i++) {
        const name = random.pick(Object.keys(faults))
        met.push(name)
        change(api, random)
        await faults[name]!(api, random)
        for (let changes = random.below(4); changes > 0; changes--) change(api, random)
        await sleep(random.below(10))
        if (random.below(3) === 0) api.faults.clear()
        if (i % FAULTS_BETWEEN_CHECKS !== 0 && i !== FAULTS) continue
        api.faults.clear()
        await converges(api, server, `seed ${random.seed}, after ${met.slice(-FAULTS_BETWEEN_CHECKS).join(', ')}`)
      }
    } finally {
      await poller.stop()
    }
    t.diagnostic(`${poller.asked} answers for stable names`)
    assert.deepEqual(poller.wrong, [], `seed ${random.seed}`)
    assert.ok(server.lines.length < 100, `log lines are bounded:\n${server.lines.join('\n')}`)
  })
}

/** Changes one object at random. */
function change(api: FakeApiServer, random: SeededRandom): void {
  const i = random.below(CHANGING)
  const space = spaceOf(i)
  const isHeadless = i % 2 === 1
  const addresses = Array.from({ length: 1 + random.below(3) }, () => `10.78.${random.below(256)}.${random.below(256)}`)
  switch (random.below(8)) {
    case 0:
    case 1:
      api.delete('Service', `svc-${i}`, space)
      break
    case 2:
      api.delete('EndpointSlice', `svc-${i}-a`, space)
      break
    case 3:
    case 4:
      api.apply(slice(space, `svc-${i}-${random.pick(['a', 'b'])}`, `svc-${i}`, addresses))
      break
    case 5:
      if (random.below(4) > 0) api.apply(namespace('other'))
      else api.delete('Namespace', 'other')
      break
    default:
      api.apply(service(space, `svc-${i}`, isHeadless ? 'None' : `10.96.${random.below(256)}.${i}`))
  }
}

function spaceOf(i: number): string {
  return i % 4 === 0 ? 'other' : SPACE
}

/** Waits until every name that changes is answered as the API server has it. */
async function converges(
  api: FakeApiServer,
  server: Awaited<ReturnType<typeof bootLive>>,
  message: string,
): Promise<void> {
  let difference: string[] = []
  const isTrue = async (): Promise<boolean> => {
    difference = []
    for (let i = 0; i < CHANGING; i++) {
      const answer = await answerOf(server, nameOf(`svc-${i}`, spaceOf(i)))
      const truth = truthOf(api, spaceOf(i), `svc-${i}`)
      if (answer !== truth) difference.push(`svc-${i}: ${answer} instead of ${truth}`)
    }
    return difference.length === 0
  }
  await until(isTrue).catch(() => assert.fail(`${message}:\n${difference.join('\n')}`))
}
