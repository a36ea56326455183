import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Worker } from 'node:worker_threads'
import { makeSharedSockets, SharedSockets } from '#net/batch/shared-sockets.ts'
import { SOCKET_ADDRESS_OCTETS, writeSocketAddress } from '#net/batch/socket-address.ts'

const [FD, OTHER_FD] = [20, 21]
const ADDRESS = addressOf('127.0.0.1', 53)

function addressOf(address: string, port: number): Int32Array {
  const octets = new Uint8Array(SOCKET_ADDRESS_OCTETS)
  writeSocketAddress(octets, 0, address, port)
  return new Int32Array(octets.buffer)
}

/** The same table as three threads see it. */
function threeThreads(): [SharedSockets, SharedSockets, SharedSockets] {
  const table = makeSharedSockets()
  return [new SharedSockets(table, 0), new SharedSockets(table, 1), new SharedSockets(table, 2)]
}

/** What `reader` reads of others at an address, and then lets go. */
function descriptorsFor(reader: SharedSockets, address: Int32Array = ADDRESS): number[] {
  const { changes } = reader
  return reader.othersAt(address).map(row => {
    const fd = reader.hold(row, changes)
    if (fd >= 0) reader.release(row)
    return fd
  })
}

describe('the sockets that threads read of each other', () => {
  test('are those of other threads, not one’s own', () => {
    const [first, second, third] = threeThreads()
    first.enter(FD, ADDRESS)
    second.enter(OTHER_FD, ADDRESS)
    assert.deepEqual(descriptorsFor(first), [OTHER_FD])
    assert.deepEqual(descriptorsFor(second), [FD])
    assert.deepEqual(descriptorsFor(third), [FD, OTHER_FD])
  })

  for (const [difference, address, port] of [
    ['another port', '127.0.0.1', 54],
    ['another address', '127.0.0.2', 53],
    ['the wildcard', '::', 53],
    ['another family', '::1', 53],
  ] as const) {
    test(`are not those at ${difference}`, () => {
      const [first, second] = threeThreads()
      first.enter(FD, addressOf(address, port))
      assert.deepEqual(descriptorsFor(second), [])
      assert.deepEqual(descriptorsFor(second, addressOf(address, port)), [FD])
    })
  }

  test('are not those that have left, whose rows others may have by now', () => {
    const [first, second, third] = threeThreads()
    first.enter(FD, ADDRESS)
    const [row] = second.othersAt(ADDRESS)
    const { changes } = second
    first.leave(FD)
    assert.equal(second.hold(row!, changes), -1)
    third.enter(OTHER_FD, ADDRESS)
    assert.equal(second.hold(row!, changes), -1)
    assert.deepEqual(descriptorsFor(second), [OTHER_FD])
  })

  test('are read by one thread at a time', () => {
    const [first, second, third] = threeThreads()
    first.enter(FD, ADDRESS)
    const [row] = second.othersAt(ADDRESS)
    assert.equal(second.hold(row!, second.changes), FD)
    assert.deepEqual(descriptorsFor(third), [-1])
    second.release(row!)
    assert.deepEqual(descriptorsFor(third), [FD])
  })

  test('do not leave while another thread reads them', async () => {
    const table = makeSharedSockets()
    const [first, second] = [new SharedSockets(table, 0), new SharedSockets(table, 1)]
    first.enter(FD, ADDRESS)
    const [row] = second.othersAt(ADDRESS)
    assert.equal(second.hold(row!, second.changes), FD)
    const ended = new Int32Array(new SharedArrayBuffer(4))
    // Ends what the second thread does after 50 ms, and says that before.
    const code = `const { workerData: { memory, at, ended } } = require('node:worker_threads')
      setTimeout(() => { ended[0] = 1; Atomics.store(new Int32Array(memory), at, 0) }, 50)`
    const thread = new Worker(code, { eval: true, workerData: { memory: table.sharedSockets, at: row! + 1, ended } })
    try {
      first.leave(FD)
      assert.equal(Atomics.load(ended, 0), 1)
    } finally {
      await thread.terminate()
    }
  })

  test('are forgotten with their thread, which reads nothing any more either', () => {
    const [first, second, third] = threeThreads()
    first.enter(FD, ADDRESS)
    second.enter(OTHER_FD, ADDRESS)
    const [row] = second.othersAt(ADDRESS)
    assert.equal(second.hold(row!, second.changes), FD)
    first.forget(1)
    assert.deepEqual(descriptorsFor(first), [])
    assert.deepEqual(descriptorsFor(third), [FD])
  })

  test('a descriptor that never came in leaves without a trace', () => {
    const [first] = threeThreads()
    const { changes } = first
    first.leave(FD)
    assert.equal(first.changes, changes)
  })

  test('those for which there is no room are read by their own threads alone', () => {
    const [first, second] = threeThreads()
    for (let fd = 0; fd < 5000; fd++) first.enter(fd, ADDRESS)
    assert.equal(second.othersAt(ADDRESS).length, 4096)
    for (let fd = 0; fd < 5000; fd++) first.leave(fd)
    assert.deepEqual(second.othersAt(ADDRESS), [])
  })
})
