import type { Peer } from '#lib/peer.ts'

/** Answers messages that a transport hands over. */
export interface Responder {
  /** Called before one or several messages are handed over: the clock is read once for all of them. */
  begin(): void
  /**
   * Whether what was handed over since `begin` has been answered and left nothing to go on with that the event loop does not know of
   * (promises, sockets just opened): a transport may then wait for more without going back to it.
   */
  readonly isSettled: boolean
  /**
   * Answers the message in `octets` from `start` to `end`. Both arrays are used again for other messages, and are never
   * a Buffer, whose `slice` would not copy. A reply that is ready at once is written to `out` from
   * `outStart` on (there is room for 65535 octets on a stream, for 4096 over UDP) and its length in octets returned, for
   * the transport to send. 0 means that there is nothing to send now: the message is dropped, or its reply comes later
   * through `peer.send`. Never throws.
   */
  answer(
    octets: Uint8Array,
    start: number,
    end: number,
    peer: Peer,
    isStream: boolean,
    out: Uint8Array,
    outStart: number,
  ): number
}

/** A transport that listens. */
export interface Listener {
  /** Who answers; set anew when a configuration is reloaded, which takes effect with the next message. */
  responder: Responder
  /** The address that is bound, `::` or `0.0.0.0` for a wildcard. */
  readonly address: string
  /** The port listened on, filled in when 0 was asked for. */
  readonly port: number
  /** Stops taking messages, waits at most `graceMs` milliseconds for replies under way, then closes everything. */
  close(graceMs: number): Promise<void>
}

/** A listener on an address that other sockets of the process may share. */
export interface ShareableListener extends Listener {
  /** Lets other sockets bind the address from now on, too (SO_REUSEPORT); whether the system can do that to a bound one. */
  allowSharing(): boolean
}
