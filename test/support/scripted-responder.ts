import type { Peer } from '#lib/peer.ts'
import type { Responder } from '#net/responder.ts'

/** What a `ScriptedResponder` does with a message: its octet 12. */
export const Act = {
  /** Answers at once with the same octets and QR set. */
  ECHO: 0,
  /** Answers so when the test calls `letGo`. */
  HOLD: 1,
  /** Never answers. */
  DROP: 2,
  /** Takes the peer along as for a late answer, and then gives none. */
  RELEASE: 3,
  /** Answers at once with the largest reply. */
  LARGE: 4,
  /** Answers later with 65535 octets. */
  LATE_LARGEST: 5,
  /** Sends two messages and answers with a third. */
  SEVERAL: 6,
} as const
export type Act = (typeof Act)[keyof typeof Act]

/** Who asked, as the transport said. */
export interface Asked {
  readonly peer: Peer
  readonly isStream: boolean
  readonly octets: Uint8Array
}

/** Answers as the messages themselves say, so that tests of transports need no server. */
export class ScriptedResponder implements Responder {
  readonly isSettled: boolean

  begin(): void {}

  readonly asked: Asked[] = []
  readonly #held: { peer: Peer; message: Uint8Array }[] = []
  readonly #mark: number

  /** `mark` is the second header octet of every answer, so that tests see who gave it. */
  constructor(mark = 0, isSettled = false) {
    this.#mark = mark
    this.isSettled = isSettled
  }

  get heldCount(): number {
    return this.#held.length
  }

  answer(
    octets: Uint8Array,
    start: number,
    end: number,
    peer: Peer,
    isStream: boolean,
    out: Uint8Array,
    outStart: number,
  ): number {
    const message = octets.slice(start, end)
    const { family, address, port, localAddress, localPort, send, detach, release } = peer
    const copy: Peer = { family, address, port, localAddress, localPort, send, detach, release }
    this.asked.push({ peer: copy, isStream, octets: message })
    if (message.length > 2) message[2] = 0x80
    if (message.length > 3) message[3] = this.#mark
    switch (message[12] ?? Act.ECHO) {
      case Act.HOLD:
        this.#held.push({ peer: peer.detach(), message })
        return 0
      case Act.DROP:
        return 0
      case Act.RELEASE:
        setImmediate(released => released.release(), peer.detach())
        return 0
      case Act.LARGE: {
        const length = isStream ? 65535 : 4096
        out.fill(0, outStart, outStart + length)
        out.set(message, outStart)
        return length
      }
      case Act.LATE_LARGEST: {
        const largest = new Uint8Array(65535)
        largest.set(message)
        setImmediate(late => late.send(largest), peer.detach())
        return 0
      }
      case Act.SEVERAL:
        peer.send(message)
        peer.send(message)
    }
    out.set(message, outStart)
    return message.length
  }

  /** Sends the answers held back, the last asked first. */
  letGo(): void {
    for (const { peer, message } of this.#held.splice(0).reverse()) peer.send(message)
  }
}

/** A message with an ID that makes `ScriptedResponder` act. */
export function scripted(id: number, act: Act = Act.ECHO, octets = 13): Uint8Array {
  const message = new Uint8Array(octets)
  message[0] = id >> 8
  message[1] = id & 255
  message[12] = act
  return message
}

/** The ID of a message. */
export function idOf(message: Uint8Array): number {
  return (message[0]! << 8) | message[1]!
}
