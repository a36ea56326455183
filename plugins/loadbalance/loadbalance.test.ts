import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { parseCidr } from '#lib/cidr.ts'
import { captureLines } from '#lib/output.ts'
import { pluginLogger } from '#plugin/log.ts'
import type { Reply, ReplyParts } from '#plugin/reply.ts'
import { failure, reply } from '#plugin/reply.ts'
import { prefer, roundRobin, weighted } from '#plugins/loadbalance/handler.ts'
import { loadbalance } from '#plugins/loadbalance/index.ts'
import type { RandomBelow } from '#plugins/loadbalance/section.ts'
import { WeightFile } from '#plugins/loadbalance/weight-file.ts'
import type { Weights } from '#plugins/loadbalance/weights.ts'
import { parseWeights } from '#plugins/loadbalance/weights.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'
import { typeName } from '#wire/constants.ts'
import type { ResourceRecord } from '#wire/record.ts'

const CNAME = 'w.example. 9 IN CNAME a.example.'
const A1 = 'a.example. 9 IN A 10.0.0.1'
const A2 = 'a.example. 9 IN A 10.0.0.2'
const A3 = 'a.example. 9 IN A 10.0.0.3'
const AAAA = 'a.example. 9 IN AAAA 2001:db8::1'
const MX1 = 'a.example. 9 IN MX 1 m1.example.'
const MX2 = 'a.example. 9 IN MX 2 m2.example.'
const TXT = 'a.example. 9 IN TXT "x"'

const query = makeQuery('a.example', 'A')
const first: RandomBelow = () => 0
const made = (answer: string[], parts: ReplyParts = {}) => reply('next', { ...parts, answer: answer.map(rr) })
const show = (records: readonly ResourceRecord[]) =>
  records.map(({ type, rdata }) => `${typeName(type)} ${rdata.at(-1)}`)
const shown = (texts: string[]) => show(texts.map(rr))

describe('round_robin', () => {
  test('CNAMEs come first, then other records, addresses and MX', () => {
    const { answer } = roundRobin(bound => bound - 1)(made([MX1, A1, TXT, AAAA, CNAME, MX2, A2]), query)
    assert.deepEqual(show(answer), shown([CNAME, TXT, A1, AAAA, A2, MX1, MX2]))
  })

  test('each address comes first equally often', () => {
    const { handler } = buildPlugin(loadbalance, 'loadbalance', { next: () => made([A1, A2, A3]) })
    const counts = new Map<number, number>()
    for (let i = 0; i < 3000; i++) {
      const octet = (handler(makeQuery('a.example', 'A')) as Reply).answer[0]!.rdata[3]!
      counts.set(octet, (counts.get(octet) ?? 0) + 1)
    }
    // Seven standard deviations either way.
    for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 7 * 26, `${[...counts]}`)
    assert.equal(counts.size, 3)
  })

  test('all sections are treated, each on its own', () => {
    const both = [A1, A2].map(rr)
    const { answer, authority, additional } = roundRobin(first)(
      reply('next', { answer: both, authority: both, additional: both }),
      query,
    )
    for (const section of [answer, authority, additional]) assert.deepEqual(show(section), shown([A2, A1]))
  })

  const untouched: [rule: string, reply: Reply, type?: string][] = [
    ['one address', made([CNAME, A1])],
    ['one address and one MX', made([A1, MX1])],
    ['records that have an order of their own', made([TXT, 'a.example. 9 IN TXT "y"'])],
    ['NXDOMAIN', made([A1, A2], { rcode: 3 })],
    ['SERVFAIL', failure(2)],
    ['a zone transfer', made([A1, A2]), 'AXFR'],
  ]
  for (const [rule, reply, type = 'A'] of untouched) {
    test(`${rule}: the reply is handed on as it is`, () => {
      const { handler } = buildPlugin(loadbalance, 'loadbalance round_robin', { next: () => reply })
      assert.equal(handler(makeQuery('a.example', type)), reply)
    })
  }

  test('a reply at hand stays at hand, and a promised one is balanced when it comes', async () => {
    const plugin = buildPlugin(loadbalance, 'loadbalance', { next: async () => made([A1, MX1, CNAME]) })
    const answer = plugin.handler(makeQuery('a.example', 'A'))
    assert.ok(answer instanceof Promise)
    assert.deepEqual(show((await answer).answer), shown([CNAME, A1, MX1]))
  })

  test('no record is lost, doubled or taken out of its group', () => {
    const records = [CNAME, A1, A2, A3, AAAA, MX1, MX2, TXT].map(rr)
    const groups = ['CNAME', 'TXT', 'A', 'AAAA', 'MX']
    fc.assert(
      fc.property(fc.shuffledSubarray(records), fc.infiniteStream(fc.nat()), (section, numbers) => {
        const below: RandomBelow = bound => numbers.next().value! % bound
        const { answer } = roundRobin(below)(reply('next', { answer: section }), query)
        assert.deepEqual(new Set(answer), new Set(section))
        assert.equal(answer.length, section.length)
        const ranks = answer.map(({ type }) => groups.indexOf(typeName(type).replace('AAAA', 'A')))
        assert.deepEqual(
          ranks,
          [...ranks].sort((a, b) => a - b),
        )
      }),
      { seed: 20261120 },
    )
  })
})

describe('prefer', () => {
  const rules: [rule: string, cidrs: string[], answer: string[], expected: string[]][] = [
    ['addresses in the range come first', ['10.0.0.2/31'], [A1, A2, A3], [A2, A3, A1]],
    ['the range named first comes first', ['10.0.0.3/32', '10.0.0.0/8'], [AAAA, A1, A3], [A3, A1, AAAA]],
    ['IPv6', ['2001:db8::/32'], [A1, AAAA], [AAAA, A1]],
    ['CNAME, addresses, MX, others', ['10.0.0.2/32'], [TXT, MX1, A1, A2, CNAME], [CNAME, A2, A1, MX1, TXT]],
  ]
  for (const [rule, cidrs, answer, expected] of rules) {
    test(rule, () => {
      const policy = prefer(cidrs.map(text => parseCidr(text)!))
      assert.deepEqual(show(policy(made(answer), query).answer), shown(expected))
    })
  }

  test('nothing to change: the reply is handed on as it is', () => {
    const same = made([A2, A1])
    assert.equal(prefer([parseCidr('10.0.0.2/32')!])(same, query), same)
  })

  test('it has the last word over round_robin', () => {
    const { handler } = buildPlugin(loadbalance, 'loadbalance {\nprefer 10.0.0.3/32\nprefer 10.0.0.2/32\n}', {
      next: () => made([A1, A2, A3]),
    })
    for (let i = 0; i < 10; i++) {
      assert.deepEqual(show((handler(makeQuery('a.example', 'A')) as Reply).answer), shown([A3, A2, A1]))
    }
  })
})

describe('weighted', () => {
  const weights = parseWeights(
    '# weights\nA.example.\n10.0.0.1 3 # most\n10.0.0.2 1\nb.example\n10.0.0.3 200\n',
  ) as Weights

  test('each address comes first as often as its weight says, one without weight once', () => {
    const counts: Record<string, number> = {}
    for (let number = 0; number < 5; number++) {
      const { answer } = weighted(
        () => weights,
        () => number,
      )(made([A1, A2, A3]), query)
      const [top] = show(answer) as [string]
      counts[top] = (counts[top] ?? 0) + 1
    }
    assert.deepEqual(counts, { 'A 1': 3, 'A 2': 1, 'A 3': 1 })
  })

  test('the one chosen changes places with the first', () => {
    const { answer } = weighted(
      () => weights,
      () => 4,
    )(made([CNAME, A1, A2, A3]), query)
    assert.deepEqual(show(answer), shown([CNAME, A3, A2, A1]))
  })

  test('other types than A, AAAA and SRV are left alone', () => {
    const same = made([A1, A2])
    assert.equal(
      weighted(
        () => weights,
        () => 4,
      )(same, makeQuery('a.example', 'MX')),
      same,
    )
  })

  const broken: [text: string, problem: string][] = [
    ['10.0.0.1 3', 'line 1: an address before the first domain name'],
    ['a.example\n10.0.0 3', "line 2: '10.0.0' is not an IP address"],
    ['a.example\n\n10.0.0.1 0', "line 3: weight '0' is not a whole number from 1 to 255"],
    ['a.example\n10.0.0.1 256', "line 2: weight '256' is not a whole number from 1 to 255"],
    ['a.example\n10.0.0.1 1 2', 'line 2: not of the form IP WEIGHT'],
    ['a..example', "line 1: 'a..example' is not a domain name"],
  ]
  for (const [text, problem] of broken) {
    test(`${JSON.stringify(text)} is no weight file: ${problem}`, () => assert.equal(parseWeights(text), problem))
  }
})

describe('the weight file', () => {
  let directory = ''
  before(async () => void (directory = await mkdtemp(join(tmpdir(), 'nodens-weights-'))))
  after(() => rm(directory, { recursive: true }))

  test('is taken over when it changes, and what was known stays when it is broken or gone', async () => {
    const path = join(directory, 'weights')
    const file = new WeightFile(path, 30_000, pluginLogger('loadbalance'))
    const lines: string[] = []
    const stop = captureLines(line => lines.push(line))
    await file.refresh()
    for (const text of ['a.example\n10.0.0.1 3', 'a.example\n10.0.0.1 3', 'b.example\n10.0.0.1 3', '10.0.0.1 3']) {
      await writeFile(path, text)
      await file.refresh()
    }
    await file.refresh()
    stop()
    assert.deepEqual([...file.weights.keys()], ['\x01b\x07example\0'])
    assert.deepEqual(lines, [
      `[WARNING] plugin/loadbalance: Failed to open weight file ${path}: ENOENT: no such file or directory, open '${path}'. Retrying every 30s`,
      `[INFO] plugin/loadbalance: Successfully reloaded weight file ${path}`,
      `[WARNING] plugin/loadbalance: Failed to parse weight file ${path}: line 1: an address before the first domain name. Retrying every 30s`,
    ])
  })

  test('must be there if it is read only once', async () => {
    const start = (reload: string) =>
      buildPlugin(loadbalance, `loadbalance weighted /nonexistent {\nreload ${reload}\n}`).instance
    await assert.rejects(
      start('0').hooks.run('startup'),
      /plugin\/loadbalance: Failed to open weight file \/nonexistent/,
    )
    const stop = captureLines(() => {})
    const lenient = start('1h')
    await lenient.hooks.run('startup')
    await lenient.hooks.runAll('shutdown')
    stop()
  })
})
