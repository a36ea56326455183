import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { describe, test } from 'node:test'
import type { Responder } from '#net/responder.ts'
import { queryOctets } from '#test/support/client.ts'
import { silentPeer } from '#test/support/peer.ts'
import { bootServer } from '#test/support/server.ts'

const COREFILE = `example. {
 hosts {
  192.0.2.1 www.example
 }
 cache 30
}
. {
 whoami
}
late. {
 erratic {
  delay 1
 }
}
`

/** What is asked, and whether it leaves nothing to go on with that the event loop does not know of. */
const QUERIES: { rule: string; message: Uint8Array; isSettled: boolean }[] = [
  {
    rule: 'a reply that may be sent again without its chain',
    message: queryOctets('www.example', 'A'),
    isSettled: true,
  },
  { rule: 'a denial of that kind', message: queryOctets('www.example', 'AAAA'), isSettled: true },
  { rule: 'a reply that is made for each client', message: queryOctets('whoami.test', 'A'), isSettled: false },
  { rule: 'a reply that comes later', message: queryOctets('www.late', 'A'), isSettled: false },
  { rule: 'a message that no chain is asked about', message: noQuestion(), isSettled: true },
]

describe('is settled or not', () => {
  for (const { rule, message, isSettled } of QUERIES) {
    test(`${rule}: ${isSettled}, the first time and from the packet cache`, async t => {
      const responder = await started(t)
      for (let times = 0; times < 3; times++) {
        responder.begin()
        responder.answer(message, 0, message.length, silentPeer(), false, new Uint8Array(4096), 0)
        assert.equal(responder.isSettled, isSettled)
      }
    })
  }

  test('as a whole: one query that is not decides for all since `begin`', async t => {
    const responder = await started(t)
    responder.begin()
    for (const { message } of QUERIES) {
      responder.answer(message, 0, message.length, silentPeer(), false, new Uint8Array(4096), 0)
    }
    assert.equal(responder.isSettled, false)
    responder.begin()
    assert.equal(responder.isSettled, true)
  })

  test('without the packet cache none that a chain has answered', async t => {
    const responder = await started(t, false)
    responder.begin()
    const message = queryOctets('www.example', 'A')
    responder.answer(message, 0, message.length, silentPeer(), false, new Uint8Array(4096), 0)
    assert.equal(responder.isSettled, false)
  })
})

async function started(t: TestContext, packetCache = true): Promise<Responder> {
  const server = await bootServer(COREFILE, { packetCache })
  t.after(() => server.close())
  return server.runtime.responders()[0]!
}

/** A query whose header says that there is a question, and that ends there. */
function noQuestion(): Uint8Array {
  return queryOctets('www.example', 'A').subarray(0, 12)
}
