import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { Datagrams } from '#net/batch/datagrams.ts'
import { closeDescriptor, openDatagramSocket } from '#net/batch/descriptors.ts'
import { MSG_DONTWAIT } from '#net/batch/linux.ts'
import { octetsEach } from '#test/support/garbage.ts'

const c = cLibrary()

/** Few enough that what each way of node:ffi's would leave (73 octets and more) fits the young generation. */
const CALLS = 10_000
/** A collection's own objects aside there is nothing. */
const LIMIT_OCTETS = 4

/** What is called for messages, of a socket that has none and can send none; what each returns. */
const CALLED: readonly [
  name: keyof CLibrary,
  returned: number,
  call: (of: CLibrary, fd: bigint, at: bigint) => number,
][] = [
  ['recvmmsg', -1, (of, fd, at) => of.recvmmsg(fd, at, 1n, MSG_DONTWAIT, 0n)],
  ['recvmsg', -1, (of, fd, at) => of.recvmsg(fd, at, MSG_DONTWAIT)],
  ['sendmmsg', -1, (of, fd, at) => of.sendmmsg(fd, at, 1n, MSG_DONTWAIT)],
  ['sendmsg', -1, (of, fd, at) => of.sendmsg(fd, at, MSG_DONTWAIT)],
  ['poll', 0, (of, _fd, at) => of.poll(at, 0n, 0n)],
]

describe('the C library', { skip: c === null && 'needs node:ffi and Linux' }, () => {
  for (const [name, returned, call] of CALLED) {
    test(`a call of ${name} leaves no garbage`, t => {
      const fd = openDatagramSocket(c!, 4)
      t.after(() => closeDescriptor(c!, fd))
      const descriptor = BigInt(fd)
      const address = new Datagrams(c!, 1, false).headersFrom(0)
      const repeat = (): number => {
        let different = 0
        for (let i = 0; i < CALLS; i++) if (call(c!, descriptor, address) !== returned) different++
        return different
      }
      for (let i = 0; i < 10; i++) assert.equal(repeat(), 0)
      const octets = octetsEach(CALLS, repeat)
      t.diagnostic(`${octets.toFixed(1)} octets a call`)
      assert.ok(octets <= LIMIT_OCTETS, `${octets.toFixed(1)} octets a call`)
    })
  }
})
