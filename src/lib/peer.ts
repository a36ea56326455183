/** Who sent a message. A transport may reuse one object for many messages, so whoever keeps it calls `detach` first. */
export interface Peer {
  /** 4 or 6. */
  readonly family: 4 | 6
  /** Text form, without brackets or zone. */
  readonly address: string
  readonly port: number
  /** The address that the message was sent to. */
  readonly localAddress: string
  readonly localPort: number
  /**
   * Sends a message back; what `message` is kept in may be used anew afterwards. Never throws; a peer that is gone is
   * counted by its transport.
   */
  send(message: Uint8Array): void
  /**
   * A peer that stays valid after the call that handed it over. The transport counts it as a reply under way until the
   * first `send`, or until `release`: shutdown waits for it, and a stream with too many of them is read no further.
   */
  detach(): Peer
  /**
   * Of a detached peer on a stream: sends a message that others are to follow, and resolves when the client has room for the
   * next one and everybody else has had a turn; with false when the client is gone. `send` or `release` has to follow.
   */
  sendPart?(message: Uint8Array): Promise<boolean>
  /** Says that a detached peer gets no message, because the reply was dropped. After a `send` it does nothing. */
  release(): void
}
