import type { Socket } from 'node:net'
import type { Peer } from '#lib/peer.ts'
import { plainAddress } from '#net/address.ts'
import { DetachedStreamPeer } from '#net/detached-stream-peer.ts'
import { FrameDecoder } from '#net/frame.ts'
import { plainOctets } from '#net/plain-octets.ts'
import { framed } from '#net/reply-batch.ts'
import type { StreamHost } from '#net/stream-host.ts'
import { MAX_MESSAGE_OCTETS } from '#wire/constants.ts'

/** Messages answered in one go; then other sockets and timers have their turn. */
const MESSAGES_PER_TURN = 256

/** How long a connection that we ended is still read, lest a reset make the client lose its last answers. */
const LINGER_MS = 1000

/** A reply that takes longer than this keeps no connection open. */
const MAX_REPLY_MS = 60_000

/**
 * One client's stream of messages. Queries are answered as they finish, in any order (RFC 7766 section 6.2.1.1); answers
 * at hand for what one read brought leave in one write. The connection is itself the peer of the message being answered.
 */
export class StreamConnection implements Peer {
  readonly family: 4 | 6
  readonly address: string
  readonly port: number
  readonly localAddress: string
  readonly localPort: number

  readonly #socket: Socket
  readonly #host: StreamHost
  readonly #decoder = new FrameDecoder()
  #queries = 0
  #underWay = 0
  /** Reading has stopped for now; the decoder may hold more messages. */
  #isPaused = false
  /** No more messages are taken. */
  #isFinishing = false
  /** The client has ended its side. */
  #isClientDone = false
  /** We have ended our side. */
  #isEnded = false
  #endedMs = 0
  #isMidMessage = false
  /** Since when the next message is waited for, or the rest of the one begun. */
  #waitingSinceMs: number
  /** Octets ever written; how many of them the system had taken when last looked at, and when these were fewer. */
  #octetsWritten = 0
  #octetsTaken = 0
  #takenMs: number
  /** Octets kept for this client when last looked at. */
  #heldOctets = 0
  #isCorked = false
  #isGoOnScheduled = false
  readonly #uncork: () => void
  readonly #goOn: () => void

  constructor(socket: Socket, host: StreamHost, nowMs: number) {
    this.address = plainAddress(socket.remoteAddress ?? '')
    this.family = this.address.includes(':') ? 6 : 4
    this.port = socket.remotePort ?? 0
    this.localAddress = plainAddress(socket.localAddress ?? '')
    this.localPort = socket.localPort ?? 0
    this.#socket = socket
    this.#host = host
    this.#waitingSinceMs = nowMs
    this.#takenMs = nowMs
    this.#uncork = () => this.#sendOff()
    this.#goOn = () => this.#readOnOrEnd()
    socket.on('data', chunk => {
      if (typeof chunk !== 'string') this.#read(chunk)
    })
    socket.on('end', () => this.#clientDone())
    socket.on('drain', () => {
      this.#noteHeld()
      this.#goOnSoon()
    })
    socket.on('error', ignoreError) // 'close' follows, and does what is to be done.
  }

  /** Whether nothing is asked and nothing is being answered. */
  get isIdle(): boolean {
    return this.#underWay === 0 && !this.#isMidMessage && !this.#isPaused && this.#socket.writableLength === 0
  }

  /** Takes no more messages; the connection ends when those taken are answered. */
  finish(): void {
    this.#isFinishing = true
    this.#goOnSoon()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Ends the connection if one of its times is over. */
  sweep(nowMs: number): void {
    const { readTimeoutMs, idleTimeoutMs, writeTimeoutMs } = this.#host.limits
    this.#noteHeld()
    const waitedMs = nowMs - this.#waitingSinceMs
    if (this.#isStalled(nowMs, writeTimeoutMs)) this.destroy()
    else if (this.#socket.writableLength > 0) return
    else if (this.#isEnded) {
      if (nowMs - this.#endedMs > LINGER_MS) this.destroy()
    } else if (this.#isMidMessage || (this.#queries === 0 && this.#underWay === 0)) {
      if (waitedMs > readTimeoutMs && !this.#isPaused) this.destroy()
    } else if (this.#underWay > 0) {
      if (waitedMs > MAX_REPLY_MS) this.destroy()
    } else if (waitedMs > idleTimeoutMs) this.finish()
  }

  send(message: Uint8Array): void {
    if (message.length > MAX_MESSAGE_OCTETS) this.#host.onDrop('send error', 1)
    else this.#write(framed(message))
  }

  /** The reply stays under way, so that neither the end of the client's side nor that of the server cuts it off. */
  sendPart(message: Uint8Array): Promise<boolean> {
    this.send(message)
    if (!this.#isMidMessage) this.#waitingSinceMs = performance.now()
    return new Promise(resolve => setImmediate(() => this.#whenTaken(resolve)))
  }

  detach(): Peer {
    this.#underWay++
    return new DetachedStreamPeer(this)
  }

  release(): void {}

  /** One reply less is under way. */
  replyDone(): void {
    this.#underWay--
    if (!this.#isMidMessage) this.#waitingSinceMs = performance.now()
    if (this.#isPaused || this.#isFinishing || this.#isClientDone) this.#goOnSoon()
  }

  #read(chunk: Uint8Array): void {
    if (this.#isFinishing) return // Octets are only read so that the client's end is seen.
    this.#decoder.feed(plainOctets(chunk))
    this.#answerMessages()
  }

  #answerMessages(): void {
    const { limits, batch } = this.#host
    batch.clear() // Nothing of another client's may be left in it, whatever happened there.
    let messages = 0
    this.#host.responder.begin()
    while (!this.#isFinishing) {
      if (messages === MESSAGES_PER_TURN) this.#goOnSoon()
      if (messages === MESSAGES_PER_TURN || this.#underWay >= limits.maxUnderWay || this.#socket.writableNeedDrain) {
        this.#isPaused = true
        this.#socket.pause()
        break
      }
      if (!this.#decoder.next()) break
      messages++
      this.#queries++
      if (this.#queries === limits.maxQueries) this.finish()
      this.#answer()
    }
    if (!batch.isEmpty) this.#write(batch.take())
    if (this.#decoder.isBroken) this.finish()
    const isMidMessage = this.#decoder.isMidMessage
    if (messages > 0 || isMidMessage !== this.#isMidMessage) this.#waitingSinceMs = performance.now()
    this.#isMidMessage = isMidMessage
    if (!this.#isCorked) this.#noteHeld()
  }

  #answer(): void {
    const { responder, batch } = this.#host
    const { octets, start, end } = this.#decoder
    const length = responder.answer(octets, start, end, this, true, batch.octets, batch.replyStart)
    if (length > 0 && batch.add(length)) this.#write(batch.take())
  }

  #write(frames: Buffer): void {
    if (this.#isEnded || this.#socket.destroyed) {
      this.#host.onDrop('peer gone', 1)
      return
    }
    if (!this.#isCorked) {
      this.#isCorked = true
      this.#socket.cork() // What is ready in the same moment leaves together.
      process.nextTick(this.#uncork)
    }
    this.#octetsWritten += frames.length
    this.#socket.write(frames)
  }

  /** Tells whether the connection is open, once the client has taken enough of what was written, or when it is not. */
  #whenTaken(tell: (isOpen: boolean) => void): void {
    const socket = this.#socket
    if (socket.destroyed || this.#isEnded || !socket.writableNeedDrain) {
      tell(!socket.destroyed && !this.#isEnded)
      return
    }
    const settle = () => {
      socket.off('drain', settle)
      socket.off('close', settle)
      tell(!socket.destroyed)
    }
    socket.on('drain', settle)
    socket.on('close', settle)
  }

  #sendOff(): void {
    this.#isCorked = false
    this.#socket.uncork()
    this.#noteHeld()
  }

  /** What is kept for this client, once what could be sent has been. */
  #noteHeld(): void {
    const octets = this.#decoder.heldOctets + this.#socket.writableLength
    if (octets === this.#heldOctets) return
    this.#heldOctets = octets
    this.#host.noteHeld(this, octets)
  }

  #clientDone(): void {
    this.#isClientDone = true
    this.#goOnSoon()
  }

  /** Goes on reading or ends, once those who are running now are through: they may have more to send. */
  #goOnSoon(): void {
    if (this.#isGoOnScheduled) return
    this.#isGoOnScheduled = true
    setImmediate(this.#goOn)
  }

  #readOnOrEnd(): void {
    this.#isGoOnScheduled = false
    if (this.#socket.destroyed) return
    if (this.#isPaused) {
      this.#isPaused = false
      this.#answerMessages()
      if (!this.#isPaused) this.#socket.resume()
    }
    if (this.#isPaused || !(this.#isFinishing || this.#isClientDone) || this.#underWay > 0 || this.#isEnded) return
    this.#isFinishing = true
    this.#isEnded = true
    this.#endedMs = performance.now()
    if (this.#host.isClosing) this.#socket.destroySoon()
    else this.#socket.end()
  }

  #isStalled(nowMs: number, timeoutMs: number): boolean {
    const waiting = this.#socket.writableLength
    const taken = this.#octetsWritten - waiting
    if (waiting > 0 && taken === this.#octetsTaken) return nowMs - this.#takenMs > timeoutMs
    this.#octetsTaken = taken
    this.#takenMs = nowMs
    return false
  }
}

function ignoreError(): void {}
