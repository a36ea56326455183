import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'
import { captureLines } from '#lib/output.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { pluginLogger } from '#plugin/log.ts'
import type { Reply } from '#plugin/reply.ts'
import { reply } from '#plugin/reply.ts'
import type { TransferableZones } from '#plugin/zone-transfer.ts'
import { zoneTransfer } from '#plugin/zone-transfer.ts'
import { transfer } from '#plugins/transfer/index.ts'
import { Notifier } from '#plugins/transfer/notifier.ts'
import { buildPlugin, makeQuery, rr, showReply } from '#test/support/plugin.ts'
import { until } from '#test/support/until.ts'
import { Flag, Opcode, Type } from '#wire/constants.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, formatName, name } from '#wire/name.ts'

const SOA = 'example.org. 5 IN SOA ns. h. 7 1 1 1 1'

/** A zone of `count` records whose serial is 7 until told otherwise. */
class FakeZones implements TransferableZones {
  readonly zones: readonly FoldedName[] = [foldName(name('example.org')), foldName(name('z.example.org'))]
  readonly count: number
  isKnown = true
  current = 7
  changed = () => {}

  constructor(count: number) {
    this.count = count
  }

  serial(): number | null {
    return this.isKnown ? this.current : null
  }

  contents() {
    if (!this.isKnown) return null
    const records = Array.from({ length: this.count }, (_, i) => rr(`a${i}.example.org. 5 IN A 192.0.2.1`))
    return { serial: this.current, soa: rr(SOA), records }
  }

  onChange(listener: () => void): void {
    this.changed = listener
  }
}

function ask(
  t: TestContext,
  text: string,
  { zone = 'example.org', type = 'AXFR', client = '10.0.0.1', tcp = true, serial = -1, zones = new FakeZones(1) } = {},
): { shown: string; reply: Reply; lines: string[] } {
  const lines: string[] = []
  t.after(captureLines(line => lines.push(line)))
  const source: AnyPlugin = definePlugin<null>({
    name: 'source',
    once: true,
    parse: () => null,
    build(_, next, env) {
      env.provide(zoneTransfer, zones)
      return next
    },
  })
  const plugins = [transfer, source]
  const { handler } = buildPlugin(transfer, `${text}\nsource`, { plugins, next: () => reply('next', { rcode: 5 }) })
  const query = makeQuery(zone, type, { tcp, client })
  query.ixfrSerial = serial
  const answer = handler(query) as Reply
  for (const _ of answer.more ?? []);
  return { shown: showReply(answer), reply: answer, lines }
}

const ZONE = `NOERROR aa\nanswer ${SOA}\nanswer a0.example.org. 5 IN A 192.0.2.1\nanswer ${SOA}`
const ONLY_SOA = `NOERROR aa\nanswer ${SOA}`
const ALL = 'transfer {\n to *\n}'

describe('transfer', () => {
  it('begins and ends a zone with its SOA record, and tells of it in the log', t => {
    const { shown, lines } = ask(t, ALL)
    assert.equal(shown, ZONE)
    assert.match(
      lines.join(),
      /^\[INFO\] plugin\/transfer: Outgoing transfer of 3 records of zone "example\.org\." to 10\.0\.0\.1 for 7 SOA serial$/,
    )
  })

  it('refuses transfers over UDP', t => {
    assert.equal(ask(t, ALL, { tcp: false }).shown, 'REFUSED bare')
    assert.equal(ask(t, ALL, { tcp: false, type: 'IXFR', serial: 1 }).shown, 'REFUSED bare')
  })

  it('lets nobody have a zone who is not named, however the address is written', t => {
    const text = 'transfer {\n to 10.0.0.2:5353 2001:db8::1 [2001:db8:0::3]:53\n}'
    assert.equal(ask(t, text).shown, 'REFUSED')
    assert.equal(ask(t, text, { client: '10.0.0.2' }).shown, ZONE)
    assert.equal(ask(t, text, { client: '2001:db8::1' }).shown, ZONE)
    assert.equal(ask(t, text, { client: '2001:db8::3' }).shown, ZONE)
  })

  it('goes by the longest zone, in whatever order the rules stand', t => {
    const parent = 'transfer example.org {\n to *\n}'
    const child = 'transfer z.example.org {\n to 10.0.0.9\n}'
    for (const text of [`${parent}\n${child}`, `${child}\n${parent}`]) {
      assert.equal(ask(t, text, { zone: 'z.example.org' }).shown, 'REFUSED')
      assert.equal(ask(t, text, { zone: 'z.example.org', client: '10.0.0.9' }).reply.author, 'transfer')
      assert.equal(ask(t, text).shown, ZONE)
    }
  })

  it('passes on what it has no rule or no zone for, and other queries', t => {
    assert.equal(ask(t, 'transfer example.net {\n to *\n}').reply.author, 'next')
    assert.equal(ask(t, ALL, { zone: 'sub.example.org' }).reply.author, 'next')
    assert.equal(ask(t, ALL, { type: 'A' }).reply.author, 'next')
  })

  it('answers SERVFAIL while the zone is not known as a whole', t => {
    const zones = new FakeZones(1)
    zones.isKnown = false
    const { shown, reply } = ask(t, ALL, { zones })
    assert.equal(shown, 'SERVFAIL bare')
    assert.equal(reply.error?.message, 'the zone is not yet known as a whole')
  })

  it('answers IXFR by the serial', t => {
    assert.equal(ask(t, ALL, { type: 'IXFR', serial: 6 }).shown, ZONE)
    assert.equal(ask(t, ALL, { type: 'IXFR', serial: 7 }).shown, ONLY_SOA)
    assert.equal(ask(t, ALL, { type: 'IXFR', serial: 8 }).shown, ONLY_SOA)
    assert.equal(ask(t, ALL, { type: 'IXFR', serial: 0xffff_fff0 }).shown, ZONE)
    assert.equal(ask(t, ALL, { type: 'IXFR' }).shown, 'SERVFAIL bare')
  })

  it('tells of an incremental transfer that brings nothing', t => {
    assert.match(
      ask(t, ALL, { type: 'IXFR', serial: 7 }).lines.join(),
      /Outgoing noop, incremental transfer for up to date zone "example\.org\." to 10\.0\.0\.1 for 7 SOA serial$/,
    )
  })

  it('needs somebody to transfer to', t => {
    assert.throws(() => ask(t, 'transfer'), /'to' is required/)
  })
})

/** A secondary that answers notifications with an rcode, and what it was told. */
async function secondary(t: TestContext, rcode: number): Promise<{ port: number; told: string[] }> {
  const socket = createSocket('udp4')
  const told: string[] = []
  socket.on('message', (octets, from) => {
    const message = decodeMessage(octets)
    if (isWireFailure(message)) return
    told.push(`${message.opcode} ${formatName(message.questions[0]!.name)} ${message.questions[0]!.type}`)
    socket.send(encodeMessage({ ...message, flags: Flag.QR | Flag.AA, rcode }), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  t.after(() => socket.close())
  return { port: socket.address().port, told }
}

function notifier(t: TestContext, port: number): { notifier: Notifier; lines: string[] } {
  const lines: string[] = []
  t.after(captureLines(line => lines.push(line)))
  const to = [{ host: '127.0.0.1', family: 4 as const, port, text: `127.0.0.1:${port}` }]
  const rules = [{ zones: [foldName(name('example.org'))], toAll: false, to, source: '127.0.0.1' }]
  const made = new Notifier(rules, pluginLogger('transfer'), 10)
  t.after(() => made.close())
  return { notifier: made, lines }
}

describe('notifications', () => {
  const line = (zone: string) => `${Opcode.NOTIFY} ${zone} ${Type.SOA}`

  it('go out at the start, and once for each new serial', async t => {
    const { port, told } = await secondary(t, 0)
    const zones = new FakeZones(1)
    const { notifier: made, lines } = notifier(t, port)
    made.start([zones])
    await until(() => told.length === 2)
    assert.deepEqual(told, [line('example.org.'), line('z.example.org.')])
    zones.changed()
    zones.current = 8
    zones.changed()
    await until(() => told.length === 4)
    assert.deepEqual(lines, [])
  })

  it('are sent three times to a server that does not want them, which is logged', async t => {
    const { port, told } = await secondary(t, 5)
    const { notifier: made, lines } = notifier(t, port)
    made.start([new FakeZones(1)])
    await until(() => lines.length === 2)
    assert.equal(told.length, 6)
    assert.equal(
      lines[0],
      `[ERROR] plugin/transfer: Failed sending notifies: notify for zone "example.org." was not accepted by "127.0.0.1:${port}": rcode was REFUSED`,
    )
  })

  it('wait until the zone is known', async t => {
    const { port, told } = await secondary(t, 0)
    const zones = new FakeZones(1)
    zones.isKnown = false
    const { notifier: made } = notifier(t, port)
    made.start([zones])
    assert.equal(told.length, 0)
    zones.isKnown = true
    zones.changed()
    await until(() => told.length === 2)
  })
})
