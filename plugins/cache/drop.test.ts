import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { systemClock } from '#lib/clock.ts'
import { answerCache } from '#plugin/capability.ts'
import { definePlugin } from '#plugin/define.ts'
import { Epochs } from '#plugin/epochs.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import { ResponseKind } from '#plugin/response-kind.ts'
import { Entry } from '#plugins/cache/entry.ts'
import { cache } from '#plugins/cache/index.ts'
import { cacheKey } from '#plugins/cache/key.ts'
import { Life } from '#plugins/cache/life.ts'
import { PackedReply } from '#plugins/cache/packed-reply.ts'
import { Store } from '#plugins/cache/store.ts'
import type { PluginUnderTest, QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'
import { Rcode } from '#wire/constants.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, name } from '#wire/name.ts'

const SOA = 'example.org. 300 IN SOA ns.example.org. root.example.org. 1 7200 900 1209600 60'

/** The cache before a server that knows `a.example.org` and an alias of it, and how to drop from it. */
async function under(): Promise<{
  plugin: PluginUnderTest
  drop: (text: string) => void
  dropBelow: (text: string, isMeant?: (below: FoldedName) => boolean) => void
}> {
  let drop = (_text: string): void => {}
  let dropBelow = (_text: string, _isMeant?: (below: FoldedName) => boolean): void => {}
  const dropper = definePlugin<null>({
    name: 'dropper',
    once: true,
    parse: () => null,
    build(_, next, env) {
      const each = () => env.offers(answerCache)
      drop = text => each().forEach(stored => void stored.drop(foldName(name(text))))
      dropBelow = (text, isMeant) => each().forEach(stored => void stored.dropBelow(foldName(name(text)), isMeant))
      env.onStartup(() => each().forEach(stored => void stored.track([foldName(name('example.org'))])))
      return next
    },
  })
  const plugin = buildPlugin(cache, 'cache 3600\ndropper', {
    plugins: [dropper],
    next: ({ folded, type }) => {
      const owner =
        folded === foldName(name('alias.example.org')) ? ['alias.example.org. 300 IN CNAME A.example.org.'] : []
      const isKnown = owner.length > 0 || folded === foldName(name('a.example.org'))
      if (!isKnown || type !== 1) {
        return reply('next', { rcode: isKnown ? Rcode.NOERROR : Rcode.NXDOMAIN, authority: [rr(SOA)] })
      }
      return reply('next', { answer: [...owner, 'a.example.org. 300 IN A 192.0.2.1'].map(rr) })
    },
  })
  await plugin.instance.hooks.run('startup')
  return { plugin, drop, dropBelow }
}

const QUESTIONS: [name: string, type: string, parts?: QueryParts][] = [
  ['a.example.org', 'A'],
  ['a.example.org', 'A', { dnssecOk: true }],
  ['a.example.org', 'AAAA'],
  ['alias.example.org', 'A'],
  ['b.a.example.org', 'A'],
  ['c.example.org', 'A'],
]

/** Which of the questions the cache asks on. */
async function missed(plugin: PluginUnderTest): Promise<number[]> {
  const asked: number[] = []
  for (const [i, [qname, type, parts]] of QUESTIONS.entries()) {
    const before = plugin.nextQueries.length
    await plugin.handler(makeQuery(qname, type, parts))
    if (plugin.nextQueries.length > before) asked.push(i)
  }
  return asked
}

describe('dropping', () => {
  it('a name takes all answers about it, and those that lead to it', async () => {
    const { plugin, drop } = await under()
    assert.deepEqual(await missed(plugin), [0, 1, 2, 3, 4, 5])
    assert.deepEqual(await missed(plugin), [])
    drop('A.example.org')
    assert.deepEqual(await missed(plugin), [0, 1, 2, 3])
    assert.deepEqual(await missed(plugin), [])
  })

  it('a denial goes like an answer', async () => {
    const { plugin, drop } = await under()
    await missed(plugin)
    drop('c.example.org')
    assert.deepEqual(await missed(plugin), [5])
  })

  it('below a name takes the name itself and all below it', async () => {
    const { plugin, dropBelow } = await under()
    await missed(plugin)
    dropBelow('a.example.org')
    assert.deepEqual(await missed(plugin), [0, 1, 2, 3, 4])
  })

  it('below a name takes only what is meant', async () => {
    const { plugin, dropBelow } = await under()
    await missed(plugin)
    dropBelow('example.org', each => each.startsWith('\x01c') || each.startsWith('\x01b'))
    assert.deepEqual(await missed(plugin), [4, 5])
  })

  it('what has been dropped or given up leaves no trace', () => {
    const store = new Store(0, new Epochs())
    store.track([foldName(name('example.org'))])
    const answer = (text: string): Reply =>
      reply('next', { answer: [rr(`${text}. 300 IN CNAME x.example.org.`), rr('x.example.org. 300 IN A 192.0.2.1')] })
    for (let i = 0; i < 5000; i++) {
      const query = makeQuery(`h${i}.example.org`, 'A')
      const made = answer(`h${i}.example.org`)
      const life = new Life(made, 300, systemClock.nowMs())
      store.set(cacheKey(query), new Entry(PackedReply.of(made, query)!, ResponseKind.ANSWER, life, true))
    }
    assert.equal(store.size, 1024)
    assert.equal(store.nameCount, 1025)
    store.drop(foldName(name('x.example.org')))
    assert.equal(store.size, 0)
    assert.equal(store.nameCount, 0)
  })
})
