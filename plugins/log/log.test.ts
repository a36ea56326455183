import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { Reply } from '#plugin/reply.ts'
import { DROPPED, failure, reply } from '#plugin/reply.ts'
import { compileFormat } from '#plugins/log/format.ts'
import { log } from '#plugins/log/index.ts'
import type { QueryParts } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, rr } from '#test/support/plugin.ts'
import { Flag, Rcode } from '#wire/constants.ts'

const soa = rr('example.org. 30 IN SOA ns.example.org. admin.example.org. 1 2 3 4 30')
const address = rr('example.org. 30 IN A 192.0.2.1')
const success = reply('file', { flags: Flag.AA, answer: [address] })
const referral = reply('file', { authority: [rr('example.org. 30 IN NS ns.example.org.')] })
const noData = reply('file', { authority: [soa] })
const noName = reply('file', { rcode: Rcode.NXDOMAIN, authority: [soa] })

/** The lines that one query leaves, its answer taking 37.990251 ms. */
function logged(
  text: string,
  given: Reply | Promise<Reply>,
  name = 'Example.ORG.',
  type = 'A',
  parts: QueryParts = {},
) {
  const lines: string[] = []
  const release = captureLines(line => lines.push(line))
  const plugin = buildPlugin(log, text, { next: () => given })
  plugin.clock.advance(37.990251)
  const answer = plugin.handler(makeQuery(name, type, parts))
  if (!(answer instanceof Promise)) {
    release()
    return lines
  }
  return answer.then(() => {
    release()
    return lines
  })
}

describe('log', () => {
  it('writes the common format when no format is given', () => {
    assert.deepEqual(logged('log', success), [
      '[INFO] 10.240.0.1:40212 - 4711 "A IN example.org. udp 40 false 1232" NOERROR qr,aa,rd 56 0.037990251s',
    ])
  })

  it('writes a line for a reply that comes later', async () => {
    assert.equal((await logged('log', Promise.resolve(success))).length, 1)
  })

  const parts: QueryParts = {
    client: '2001:db8::1',
    tcp: true,
    dnssecOk: true,
    flags: Flag.RD | Flag.CD | Flag.AD,
  }
  const formats: [rule: string, text: string, given: Reply, expected: string][] = [
    ['{combined} adds the opcode', 'log . "{combined}"', success, '"A IN example.org. tcp 40 true 65535" NOERROR'],
    ['{remote} and {local} have brackets for IPv6', 'log . "{remote} {local} x"', success, '[2001:db8::1] 127.0.0.1 x'],
    ['flags stand in the order of the header', 'log . {>rflags}', success, 'qr,aa,rd,cd'],
    ['an unknown placeholder stays', 'log . "{rcode} {x}"', success, 'NOERROR {x}'],
    ['the innermost braces count', 'log . "{ {rcode} }"', success, '{ NOERROR }'],
    ['metadata that nobody provides is -', 'log . "<{/log/type}>"', success, '<->'],
    [
      'a reply that no plugin wrote is shown as it will be',
      'log . "{rcode} {>rflags} {rsize}"',
      failure(5),
      'REFUSED qr,rd,cd 29',
    ],
    ['a query without reply has -', 'log . "{rcode} {>rflags} {rsize}"', DROPPED, '- - 0'],
    ['a code without a name is a number', 'log . {rcode}', reply('file', { rcode: 3841 }), '3841'],
    ['the opcode is a number', 'log . {>opcode}', success, '0'],
  ]
  for (const [rule, text, given, expected] of formats) {
    it(rule, () => {
      const [line] = logged(text, given, 'example.org.', 'A', parts) as string[]
      assert.ok(line!.includes(expected), line)
    })
  }

  const askedAgain: [rule: string, format: string][] = [
    [
      'the common format',
      '{remote}:{port} - {>id} "{type} {class} {name} {proto} {size} {>do} {>bufsize}" {rcode} {duration}',
    ],
    ['parts that differ on both sides and beside each other', '{name} {>id}{port} {rcode} {remote}'],
    ['parts that differ alone', '{remote}{port}{local}{>id}'],
    ['none of them', '{name} {>rflags} {rsize} {/x/y}'],
    ['text alone', 'asked'],
    ['a NUL, which is left out', '{name}\0 {>id} {rcode}\0'],
  ]
  for (const [rule, text] of askedAgain) {
    it(`writes the line of a query that is answered again as that of the first: ${rule}`, () => {
      const { line, note, lineOf } = compileFormat(text, () => 'known')
      const query = makeQuery('Example.ORG.', 'A', parts)
      const expected = line(query, success, 0)
      assert.equal(lineOf(note(query, success), query.peer, query.id), expected)
      assert.ok(!expected.includes('\0'), expected)
    })
  }

  it('lets no name break a line', () => {
    const [line] = logged('log . "{name}"', success, 'a"\\010\\{\\}.Ex.', 'A') as string[]
    assert.equal(line, '[INFO] a\\"\\010{}.ex.')
  })

  const durations: [ms: number, expected: string][] = [
    [0, '0s'],
    [0.0005, '0.0000005s'],
    [1, '0.001s'],
    [2500, '2.5s'],
    [20_000, '20s'],
  ]
  for (const [ms, expected] of durations) {
    it(`writes ${ms} ms as ${expected}`, () => {
      const lines: string[] = []
      const release = captureLines(line => lines.push(line))
      const plugin = buildPlugin(log, 'log . "{duration}"', { next: () => success })
      plugin.clock.advance(ms)
      plugin.handler(makeQuery('example.org.', 'A', { receivedAtMs: plugin.clock.nowMs() - ms }))
      release()
      assert.deepEqual(lines, [`[INFO] ${expected}`])
    })
  }

  const classes: [rule: string, given: Reply, type: string, classes: string[]][] = [
    ['an answer', success, 'A', ['success']],
    ['a referral', referral, 'A', ['success']],
    ['NODATA', noData, 'A', ['denial']],
    ['NXDOMAIN', noName, 'A', ['denial']],
    ['NXDOMAIN with an answer', noName.with({ answer: [address] }), 'A', ['error']],
    ['SERVFAIL', failure(Rcode.SERVFAIL), 'A', ['error']],
    ['a dropped query', DROPPED, 'A', ['error']],
    ['a zone transfer', success, 'AXFR', ['error']],
  ]
  for (const [rule, given, type, expected] of classes) {
    it(`${rule} is of class ${expected}`, () => {
      for (const class_ of ['success', 'denial', 'error']) {
        const lines = logged(`log {\nclass ${class_}\n}`, given, 'example.org.', type) as string[]
        assert.equal(lines.length, expected.includes(class_) ? 1 : 0, class_)
      }
    })
  }

  const scopes: [rule: string, text: string, name: string, expected: number][] = [
    ['a name in scope is logged', 'log example.org', 'a.example.org.', 1],
    ['a name out of scope is not', 'log example.org', 'example.com.', 0],
    ['one of several scopes is enough', 'log a.test example.org', 'example.org.', 1],
    ['a single argument is a name even with braces', 'log {combined}', 'example.org.', 0],
    ['only the first rule in scope counts', 'log example.org {\nclass error\n}\nlog .', 'example.org.', 0],
    ['a later rule takes what the first leaves', 'log example.org {\nclass error\n}\nlog .', 'example.com.', 1],
    ['class lines add up', 'log {\nclass error\nclass success\n}', 'example.org.', 1],
    ['all is all', 'log {\nclass error all\n}', 'example.org.', 1],
  ]
  for (const [rule, text, name, expected] of scopes) {
    it(rule, () => {
      assert.equal((logged(text, success, name) as string[]).length, expected)
    })
  }
})
