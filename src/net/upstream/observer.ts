/** Why a message from an upstream was not taken as the reply. */
export type Ignored = 'malformed' | 'wrong_id' | 'wrong_question' | 'oversize'

/** Hears what happens between us and one upstream, for counting. Must not throw. */
export interface UpstreamObserver {
  /** A reply came, `seconds` after the exchange began. */
  answered(rcode: number, seconds: number): void
  /** A message was ignored and the wait went on. */
  ignored(reason: Ignored): void
  /** A connection of the pool was used again (`hit`) or a new socket was opened. */
  socket(protocol: 'udp' | 'tcp', hit: boolean): void
  /** A health probe was not answered. */
  probeFailed(): void
}
