import type { OnDrop } from '#net/drop.ts'
import type { ReplyBatch } from '#net/reply-batch.ts'
import type { Responder } from '#net/responder.ts'
import type { StreamConnection } from '#net/stream-connection.ts'
import type { StreamLimits } from '#net/stream-limits.ts'

/** What the connections of one listener have in common. */
export interface StreamHost {
  readonly responder: Responder
  readonly limits: StreamLimits
  readonly onDrop: OnDrop
  readonly batch: ReplyBatch
  /** Takes note of how many octets are kept for a connection now. */
  noteHeld(connection: StreamConnection, octets: number): void
  /** The listener is being closed: connections do not linger. */
  readonly isClosing: boolean
}
