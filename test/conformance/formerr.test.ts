import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { exchange, queryOctets } from '#test/support/client.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'
import { StreamClient } from '#test/support/stream-client.ts'
import { summarize } from '#test/support/summary.ts'
import { Class } from '#wire/constants.ts'

const COREFILE = `. {
    kubernetes cluster.local {
        manifests ${resolve('examples/cluster')}
    }
}
`
const NAME = 'my-service.default.svc.cluster.local'

/** `cluster.local. IN SOA` as a question, and pieces to spoil messages with; all in hexadecimal. */
const QUESTION = '07636c7573746572 056c6f63616c 00 0006 0001'
const ROOT_QUESTION = '00 0006 0001'
const OPT = '00 0029 04d0 00000000 0000'
const LABEL_63 = `3f ${'61'.repeat(63)}`

/** What is wrong with a message, and the message after its ID: flags, the four counts, and the sections. */
const malformed: [rule: string, octets: string][] = [
  // Vectors of BIND's system test `formerr`.
  ['a name of 256 octets', `0000 0001 0000 0000 0000 ${LABEL_63.repeat(3)} 3f ${'61'.repeat(63)} 00 0001 0001`],
  ['no question', '0000 0000 0000 0000 0000'],
  ['no question but an OPT record', `0000 0000 0000 0000 0001 ${OPT}`],
  ['two questions with different names', `0000 0002 0000 0000 0000 ${QUESTION} ${ROOT_QUESTION}`],
  ['two questions with different types', `0000 0002 0000 0000 0000 ${ROOT_QUESTION} 00 0001 0001`],
  ['two questions with different classes', `0000 0002 0000 0000 0000 ${ROOT_QUESTION} 00 0006 0003`],
  ['the same question twice', `0000 0002 0000 0000 0000 ${QUESTION} ${QUESTION}`],
  ['a question without class', '0000 0001 0000 0000 0000 07636c7573746572 056c6f63616c 00 0006'],
  ['a question without type', '0000 0001 0000 0000 0000 07636c7573746572 056c6f63616c 00'],
  ['two answers', `0000 0001 0002 0000 0000 ${QUESTION} ${`${OPT} `.repeat(2)}`],
  ['a record shorter than its fixed fields', `0000 0001 0000 0000 0001 ${QUESTION} 00 0001 0001`],
  [
    'a record owner of 256 octets',
    `0000 0001 0000 0000 0001 ${QUESTION} ${LABEL_63.repeat(4)} 00 0001 0001 00000000 0004 01020304`,
  ],
  ['an OPT record that the root does not own', `0000 0001 0000 0000 0001 ${QUESTION} 0161 ${OPT}`],
  ['two OPT records', `0000 0001 0000 0000 0002 ${QUESTION} ${OPT} ${OPT}`],
  ['an OPT record among the answers', `0000 0001 0001 0000 0000 ${QUESTION} ${OPT}`],
  ['an OPT record among the authorities', `0000 0001 0000 0001 0000 ${QUESTION} ${OPT}`],
  ['an EDNS option that is cut off', `0000 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00000000 0003 000300`],
  [
    'an EDNS option that overruns its record',
    `0000 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00000000 0004 00030001`,
  ],
  ['33 EDNS options', `0000 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00000000 0084 ${'00640000'.repeat(33)}`],
  // Anti-patterns of RFC 9267.
  ['section 2: a pointer to itself', '0000 0001 0000 0000 0000 c00c 0001 0001'],
  ['section 2: a pointer forward', '0000 0001 0000 0000 0000 c00e 0161 00 0001 0001'],
  ['section 2: a pointer beyond the message', '0000 0001 0000 0000 0000 ffff 0001 0001'],
  ['section 2: a pointer into the header', '0000 0001 0000 0000 0000 c004 0001 0001'],
  ['section 2: pointers in a circle', '0000 0001 0000 0000 0000 0161 c00c 0001 0001'],
  ['section 2: half a pointer', '0000 0001 0000 0000 0000 c0'],
  [
    'section 2: a record owner that points to itself',
    `0000 0001 0000 0000 0001 ${ROOT_QUESTION} c011 0001 0001 00000000 0000`,
  ],
  [
    'section 2: a record owner that points into the header',
    `0000 0001 0000 0000 0001 ${ROOT_QUESTION} c000 0001 0001 00000000 0000`,
  ],
  ['section 3: a label of type 01', `0000 0001 0000 0000 0000 40${'61'.repeat(64)} 00 0001 0001`],
  ['section 3: a label of type 10', `0000 0001 0000 0000 0000 80${'61'.repeat(64)} 00 0001 0001`],
  ['section 4: a name that never ends', '0000 0001 0000 0000 0000 0161 0162'],
  ['section 4: a label longer than the message', '0000 0001 0000 0000 0000 3f6162'],
  ['section 5: RDLENGTH beyond the message', `0000 0001 0000 0000 0001 ${QUESTION} 00 0001 0001 00000000 0100 01`],
  ['section 6: a question that is not there', '0000 0001 0000 0000 0000'],
  ['section 6: a record that is not there', `0000 0001 0000 0000 0001 ${QUESTION}`],
  ['section 6: 65535 questions', `0000 ffff 0000 0000 0000 ${QUESTION}`],
  ['section 6: 65535 answers', `0000 0001 ffff 0000 0000 ${QUESTION}`],
  ['section 6: 65535 authorities', `0000 0001 0000 ffff 0000 ${QUESTION}`],
  ['section 6: 65535 additional records', `0000 0001 0000 0000 ffff ${QUESTION}`],
  ['three additional records', `0000 0001 0000 0000 0003 ${QUESTION} ${`${OPT} `.repeat(3)}`],
]

/** What looks odd, is allowed, and is answered. */
const tolerated: [rule: string, octets: string][] = [
  ['octets after the message', `0000 0001 0000 0000 0000 ${QUESTION} deadbeef`],
  ['a name of 255 octets', `0000 0001 0000 0000 0000 ${LABEL_63.repeat(3)} 3d ${'61'.repeat(61)} 00 0001 0001`],
  ['32 EDNS options', `0000 0001 0000 0000 0001 ${QUESTION} 00 0029 04d0 00000000 0080 ${'00640000'.repeat(32)}`],
  ['a record that is no OPT', `0000 0001 0000 0000 0001 ${QUESTION} 00 0001 0001 00000000 0004 01020304`],
  ['a record owner that points to the question', `0000 0001 0000 0000 0001 ${QUESTION} c00c 0001 0001 00000000 0000`],
  ['an authority record, as IXFR has', `0000 0001 0000 0001 0000 ${QUESTION} c00c fde8 0001 00000000 0000`],
  ['an OPT record with a size below 512', `0000 0001 0000 0000 0001 ${QUESTION} 00 0029 0000 00000000 0000`],
  ['the reserved header bit', `0040 0001 0000 0000 0000 ${QUESTION}`],
  ['AA, TC, RA and an rcode in a query', `06a5 0001 0000 0000 0000 ${QUESTION}`],
]

describe('malformed messages', () => {
  let server: TestServer
  before(async () => {
    server = await bootServer(COREFILE)
  })
  after(() => server.close())

  for (const tcp of [false, true]) {
    const over = tcp ? 'TCP' : 'UDP'
    for (const [rule, octets] of malformed) {
      it(`over ${over}: ${rule} gets a header with FORMERR and nothing else`, async () => {
        assert.equal(hex(await exchange(server.port, message(octets), { tcp })), '4a4b80010000000000000000')
      })
    }
    it(`over ${over}: RD comes back with FORMERR`, async () => {
      const query = message('0100 0000 0000 0000 0000')
      assert.equal(hex(await exchange(server.port, query, { tcp })), '4a4b81010000000000000000')
    })
    for (const [rule, octets] of tolerated) {
      it(`over ${over}: ${rule} is taken`, async () => {
        const reply = await exchange(server.port, message(octets), { tcp })
        assert.notEqual(reply[3]! & 15, 1)
        assert.deepEqual([...reply.subarray(0, 2), reply[5]], [0x4a, 0x4b, 1])
      })
    }
  }

  it('over UDP: fewer than 12 octets get no reply', async () => {
    for (let length = 0; length < 12; length++) {
      assert.deepEqual(await repliesBefore(server.port, [message('0000 0001 0000 0000 0000').subarray(0, length)]), [])
    }
  })

  it('over TCP: a message cut off anywhere never gets an answer of its own, and hurts no other', async () => {
    const whole = queryOctets(NAME, 'A')
    for (let length = 12; length < whole.length; length++) {
      const client = await StreamClient.connect(server.port)
      client.send(whole.subarray(0, length), queryOctets(NAME, 'A', {}, 7))
      const rcodes = (await client.receive(2)).map(reply => [reply[1] === 7, reply[3]! & 15])
      client.socket.destroy()
      const isFormatError = length < whole.length
      assert.deepEqual(
        rcodes.filter(([isSecond]) => isSecond),
        [[true, 0]],
      )
      assert.deepEqual(rcodes.filter(([isSecond, rcode]) => !isSecond && rcode === 1).length, isFormatError ? 1 : 0)
    }
  })

  it('replies are never answered, whatever else is in them', async () => {
    const replies = [
      message(`8000 0001 0000 0000 0000 ${QUESTION}`),
      message(`8001 0001 0000 0000 0000 ${QUESTION}`),
      message('a800 0001 0000 0000 0000'),
      message('8000 ffff ffff ffff ffff'),
      message('8000 0000 0000 0000 0000'),
    ]
    assert.deepEqual(await repliesBefore(server.port, replies), [])
    const client = await StreamClient.connect(server.port)
    client.send(...replies, queryOctets(NAME, 'A', {}, 7))
    assert.deepEqual(
      (await client.receive(1)).map(reply => reply[1]),
      [7],
    )
    client.socket.destroy()
  })
})

describe('opcodes and classes', () => {
  let server: TestServer
  before(async () => {
    server = await bootServer(COREFILE)
  })
  after(() => server.close())

  const classes = [Class.IN, Class.CH, Class.HS, Class.NONE, Class.ANY]
  for (const tcp of [false, true]) {
    for (const class_ of classes) {
      const opcodes = Array.from({ length: 16 }, (_, opcode) => opcode)
      it(`${tcp ? 'TCP' : 'UDP'}, class ${class_}: only QUERY and NOTIFY are served, and only in class IN`, async () => {
        for (const opcode of opcodes) {
          const query = queryOctets(NAME, 'A', { opcode, class: class_, flags: 0 })
          const served = opcode === 0 || opcode === 4
          const shown = opcode === 0 ? '' : `opcode=${opcode} `
          const expected = !served ? 'NOTIMP header' : class_ === Class.IN ? 'NOERROR aa answer=A opt' : 'REFUSED opt'
          assert.equal(summarize(await exchange(server.port, query, { tcp })), shown + expected)
        }
      })
    }
  }
})

/** A message with the ID 0x4a4b from hexadecimal digits. */
function message(digits: string): Buffer {
  return Buffer.from(`4a4b${digits.replaceAll(' ', '')}`, 'hex')
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}

/** What comes back over UDP for `messages` before the answer to a good query that follows them. */
async function repliesBefore(port: number, messages: readonly Uint8Array[]): Promise<string[]> {
  const socket = createSocket('udp4')
  const replies: string[] = []
  try {
    for (const octets of [...messages, queryOctets(NAME, 'A', {}, 0x0707)]) socket.send(octets, port, '127.0.0.1')
    for (;;) {
      const [reply] = await once(socket, 'message', { signal: AbortSignal.timeout(5000) })
      if (reply.readUInt16BE(0) === 0x0707) return replies
      replies.push(hex(reply))
    }
  } finally {
    socket.close()
  }
}
