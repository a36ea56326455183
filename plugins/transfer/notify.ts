import { randomInt } from 'node:crypto'
import type { Socket } from 'node:dgram'
import { createSocket } from 'node:dgram'
import type { UpstreamAddress } from '#net/upstream/address.ts'
import { Class, Flag, Opcode, Rcode, rcodeName, Type } from '#wire/constants.ts'
import { decodeMessage, isWireFailure } from '#wire/decode.ts'
import { encodeMessage } from '#wire/encode.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, formatName } from '#wire/name.ts'

const TRIES = 3
const TIMEOUT_MS = 2000

/**
 * Tells a server over UDP that a zone has changed (RFC 1996); up to three times, each from a new port, until it answers.
 * Resolves with what went wrong, `null` for nothing; ends early when `signal` does. Never rejects.
 */
export async function notify(
  zone: FoldedName,
  to: UpstreamAddress,
  source: string | null,
  signal: AbortSignal,
): Promise<string | null> {
  let failed = ''
  for (let attempt = 0; attempt < TRIES && !signal.aborted; attempt++) {
    const answer = await exchange(zone, to, source, signal)
    if (answer === Rcode.NOERROR) return null
    failed = typeof answer === 'number' ? `rcode was ${rcodeName(answer)}` : answer
  }
  return signal.aborted ? null : `notify for zone "${formatName(zone)}" was not accepted by "${to.text}": ${failed}`
}

/** The rcode of the answer, or why there is none. */
function exchange(
  zone: FoldedName,
  to: UpstreamAddress,
  source: string | null,
  signal: AbortSignal,
): Promise<number | string> {
  return new Promise(resolve => {
    const id = randomInt(0x10000)
    const socket = createSocket(to.family === 4 ? 'udp4' : 'udp6')
    const timer = setTimeout(() => finish('i/o timeout'), TIMEOUT_MS)
    const abort = () => finish('canceled')
    let isDone = false
    function finish(outcome: number | string): void {
      if (isDone) return
      isDone = true
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
      socket.close()
      resolve(outcome)
    }
    signal.addEventListener('abort', abort)
    socket.on('error', error => finish(error.message))
    socket.on('message', octets => {
      const rcode = rcodeOf(octets, id, zone)
      if (rcode !== null) finish(rcode)
    })
    const send = () => {
      if (!isDone) sendNotify(socket, to, id, zone, finish)
    }
    if (source === null) send()
    else socket.bind({ port: 0, address: source }, send)
  })
}

function sendNotify(
  socket: Socket,
  to: UpstreamAddress,
  id: number,
  zone: FoldedName,
  failed: (reason: string) => void,
): void {
  socket.connect(to.port, to.host, (error?: Error) => {
    if (error !== undefined && error !== null) {
      failed(error.message)
      return
    }
    const sent = (problem: Error | null) => {
      if (problem !== null) failed(problem.message)
    }
    try {
      socket.send(notifyMessage(id, zone), sent)
    } catch {
      // Given up meanwhile.
    }
  })
}

function notifyMessage(id: number, zone: FoldedName): Uint8Array {
  return encodeMessage({
    id,
    flags: Flag.AA,
    opcode: Opcode.NOTIFY,
    rcode: 0,
    questions: [{ name: zone, type: Type.SOA, class: Class.IN }],
    answer: [],
    authority: [],
    additional: [],
    edns: null,
  })
}

/** The rcode of the answer to our message; `null` when the octets are something else. */
function rcodeOf(octets: Uint8Array, id: number, zone: FoldedName): number | null {
  const message = decodeMessage(octets)
  if (isWireFailure(message) || message.id !== id || (message.flags & Flag.QR) === 0) return null
  if (message.opcode !== Opcode.NOTIFY) return null
  const question = message.questions[0]
  return question === undefined || foldName(question.name) === zone ? message.rcode : null
}
