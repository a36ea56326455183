import { createSocket } from 'node:dgram'
import { isMainThread, Worker } from 'node:worker_threads'
import type { Peer } from '#lib/peer.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { sharedSocketsData } from '#net/batch/shared-sockets.ts'
import type { Responder } from '#net/responder.ts'
import { listenUdpInBatches } from '#net/udp-batch.ts'

// Answers every query with one fixed A record: what a transport reaches when nothing has to be found out.
//   node test/bench/peers/echo.ts batch|dgram PORT THREADS

const HEADER_OCTETS = 12
const RECORD = Uint8Array.of(0xc0, HEADER_OCTETS, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4, 127, 0, 0, 1)

const [transport, port, threads] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const reusePort = threads > 1
if (transport === 'batch') listenInBatches()
else listenPlainly()
if (isMainThread) {
  for (let i = 1; i < threads; i++) {
    new Worker(new URL(import.meta.url), { argv: process.argv.slice(2), workerData: sharedSocketsData })
  }
}

function listenInBatches(): void {
  const c = cLibrary()
  if (c === null) throw new Error('this system has no batched transport')
  const responder: Responder = {
    begin() {},
    isSettled: true,
    answer(octets, start, end, _peer: Peer, _isStream, out, outStart) {
      return echo(octets, start, end, out, outStart)
    },
  }
  listenUdpInBatches(c, { address: '127.0.0.1', port, responder, reusePort })
}

function listenPlainly(): void {
  const out = new Uint8Array(4096)
  const socket = createSocket({ type: 'udp4', reusePort, lookup: (host, _options, done) => done(null, host, 4) })
  socket.on('message', (octets, from) => {
    const length = echo(octets, 0, octets.length, out, 0)
    if (length > 0) socket.send(out, 0, length, from.port, from.address, () => {})
  })
  socket.bind(port, '127.0.0.1', () => socket.setRecvBufferSize(4 << 20))
}

/** Writes the reply and returns its length, 0 for what is no question. */
function echo(octets: Uint8Array, start: number, end: number, out: Uint8Array, outStart: number): number {
  let at = start + HEADER_OCTETS
  while (at < end && octets[at] !== 0) at += octets[at]! + 1
  const length = at + 5 - start
  if (start + length > end) return 0
  for (let i = 0; i < length; i++) out[outStart + i] = octets[start + i]!
  out[outStart + 2] = 0x84 | (octets[start + 2]! & 1)
  out[outStart + 3] = 0
  out[outStart + 6] = 0
  out[outStart + 7] = 1
  out.fill(0, outStart + 8, outStart + HEADER_OCTETS)
  for (let i = 0; i < RECORD.length; i++) out[outStart + length + i] = RECORD[i]!
  return length + RECORD.length
}
