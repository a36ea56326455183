/** Why a transport let a message go. */
export type DropReason =
  /** A query from port 0, to which nothing can be sent. */
  | 'port zero'
  /** The system refused to send a reply (ENOBUFS, EPERM, ENETUNREACH, EMSGSIZE and the like). */
  | 'send error'
  /** Too many replies wait for the system to take them. */
  | 'send queue full'
  /** The client went away before its reply was there. */
  | 'peer gone'
  /** A client was turned away, or an idle one sent off for its sake. */
  | 'too many connections'
  /** A client did not get through the handshake of TLS, or did not in time. */
  | 'handshake failed'
  /** A client was cut off because all together left too much unread or unfinished. */
  | 'too much held'
  /** The system could not give us a connection (no file descriptor left). */
  | 'accept error'
  /** The system's receive buffer was full: these queries were never read. */
  | 'receive buffer full'

/** Told each time that messages were let go; `count` is how many at once. Must not throw. */
export type OnDrop = (reason: DropReason, count: number) => void

/** An `OnDrop` for those who do not want to know. */
export function ignoreDrops(): void {}
