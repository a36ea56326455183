import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { deferred } from '#lib/deferred.ts'
import { probeMessage } from '#plugins/loop/probe.ts'
import type { FoldedName } from '#wire/name.ts'

const TIMEOUT_MS = 2000

/** A probe on its way. */
export interface Exchange {
  /** Settles once the probe was answered; rejects when it could not be sent or was not answered within 2 s. */
  readonly answered: Promise<void>
  cancel(): void
}

/** Sends the probe over UDP, from a socket of its own that takes nothing but the answer. */
export function sendProbe(name: FoldedName, to: { readonly address: string; readonly port: number }): Exchange {
  const { promise, resolve, reject } = deferred<void>()
  const id = randomInt(0x10000)
  const host = loopbackFor(to.address)
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
  const timer = setTimeout(() => finish(new Error('timeout')), TIMEOUT_MS)
  timer.unref()
  socket.unref()
  let done = false
  function finish(error: Error | null): void {
    if (done) return
    done = true
    clearTimeout(timer)
    socket.close()
    if (error === null) resolve()
    else reject(error)
  }
  socket.on('error', finish)
  socket.on('message', message => {
    if (message.length >= 12 && message.readUInt16BE(0) === id && (message[2]! & 0x80) !== 0) finish(null)
  })
  socket.connect(to.port, host, () => {
    if (!done) socket.send(probeMessage(name, id), error => error && finish(error))
  })
  return { answered: promise, cancel: () => finish(new Error('canceled')) }
}

/** Where to reach a server that listens on `address`, which is empty or unspecified for all addresses. */
function loopbackFor(address: string): string {
  if (address === '' || address === '0.0.0.0') return '127.0.0.1'
  return address === '::' ? '::1' : address
}
