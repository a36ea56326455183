import { printable } from '#lib/printable.ts'
import { ApiFailure } from '#plugins/kubernetes/api/failure.ts'
import type { ApiObject } from '#plugins/kubernetes/api/object.ts'

/** One line of a watch. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  /** A Status for `ERROR`. */
  readonly object: ApiObject & { readonly code?: number; readonly message?: string; readonly details?: StatusDetails }
}

interface StatusDetails {
  readonly retryAfterSeconds?: number
}

/** How API servers begin the line of an object that is new to the client. */
const ADDED = Buffer.from('{"type":"ADDED","object":')
const MODIFIED = Buffer.from('{"type":"MODIFIED","object":')
const TYPES: readonly string[] = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK', 'ERROR']

/** Reads one line; `null` when it is no event. */
export function readEvent(line: Buffer): WatchEvent | null {
  try {
    const event = JSON.parse(line.toString()) as Partial<WatchEvent> | null
    const isEvent = TYPES.includes(event?.type ?? '') && typeof event?.object === 'object' && event.object !== null
    return isEvent ? (event as WatchEvent) : null
  } catch {
    return null
  }
}

/** The octets of the object in a line of `ADDED` or `MODIFIED`; `null` when it is another event, or not written as API servers do. */
export function objectOctets(line: Buffer): Buffer | null {
  for (const start of [ADDED, MODIFIED]) {
    if (line.length > start.length && line.compare(start, 0, start.length, 0, start.length) === 0) {
      return line.subarray(start.length, -1)
    }
  }
  return null
}

/** Whether an event is the bookmark that ends the list a watch began with. */
export function endsInitialEvents({ type, object }: WatchEvent): boolean {
  return type === 'BOOKMARK' && object.metadata?.annotations?.['k8s.io/initial-events-end'] === 'true'
}

/** What an `ERROR` event says went wrong. */
export function failureOfEvent({ object }: WatchEvent): ApiFailure {
  const { code = 0, message = '', details } = object
  return new ApiFailure(`${code} ${printable(message, 300)}`.trim(), code, (details?.retryAfterSeconds ?? 0) * 1000)
}
