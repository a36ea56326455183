import assert from 'node:assert/strict'
import { test } from 'node:test'
import { captureLines } from '#lib/output.ts'
import { queryOctets } from '#test/support/client.ts'
import { memoryInUse } from '#test/support/garbage.ts'
import { silentPeer } from '#test/support/peer.ts'
import { bootServer } from '#test/support/server.ts'

const NAMES = 20_000
/** What a name may take of V8's heap that is only asked for, in octets. */
const LIMIT_OCTETS = 50

for (const [what, plugins] of [
  ['kept', ''],
  ['kept and logged', 'log\n'],
  ['kept and logged with metadata', 'metadata\nlog . "{>id} {/log/x} {port} {name}"\n'],
] as const) {
  test(`a reply that is ${what} takes no more than ${LIMIT_OCTETS} octets of V8's heap`, async t => {
    const server = await bootServer(`. {\n${plugins}prometheus 127.0.0.1:0\nhosts names\n}\n`, {
      files: { names: hostsFile() },
    })
    t.after(() => server.close())
    let lines = 0
    const release = captureLines(() => lines++)
    t.after(release)
    const responder = server.runtime.responders()[0]!
    const peer = silentPeer()
    const out = new Uint8Array(512)
    const askAll = (): void => {
      for (let i = 0; i < NAMES; i++) {
        const query = queryOctets(nameOf(i), 'A')
        responder.begin()
        assert.ok(responder.answer(query, 0, query.length, peer, false, out, 0) > 0)
      }
    }
    askAll() // Kept are those that come for the second time.
    const before = memoryInUse().heapUsed
    for (let times = 0; times < 3; times++) askAll()
    const octets = (memoryInUse().heapUsed - before) / NAMES
    t.diagnostic(`${octets.toFixed(1)} octets a name`)
    assert.ok(octets <= LIMIT_OCTETS, `${octets.toFixed(1)} octets a name`)
    if (plugins !== '') assert.equal(lines, 4 * NAMES)
  })
}

function nameOf(i: number): string {
  return `service-${i}.namespace-${i % 100}.example.org.`
}

function hostsFile(): string {
  return Array.from({ length: NAMES }, (_, i) => `10.0.${i >> 8}.${i & 255} ${nameOf(i)}`).join('\n')
}
