import { isMainThread, workerData } from 'node:worker_threads'
import type { CLibrary } from '#net/batch/c-library.ts'
import { cLibrary } from '#net/batch/c-library.ts'
import { AF_INET, AF_INET6, DATAGRAM_SOCKET } from '#net/batch/linux.ts'
import { sharedSockets } from '#net/batch/shared-sockets.ts'

/** Descriptors from here on are not marked. */
const MARKS = 1 << 16

/** What a serving thread is started with, so that what it has open can be closed when it is no more. */
export interface DescriptorMarks {
  /** A 1 for each descriptor that the thread has open by way of the C library. */
  readonly descriptorMarks: SharedArrayBuffer
}

/** Descriptors that this thread has open; `null` in the main thread, which ends with the process. */
const marks: Uint8Array | null = isMarked(workerData) ? new Uint8Array(workerData.descriptorMarks) : null

/** Marks for a thread that is about to be started. */
export function makeMarks(): DescriptorMarks {
  return { descriptorMarks: new SharedArrayBuffer(MARKS) }
}

/**
 * Closes what a thread left open when it ended without a chance to tidy up: the kernel would go on to give a socket its share of the
 * messages. To be called when `thread` is no more. Descriptors are unmarked before they are closed, so that none is taken that
 * somebody else has opened since.
 */
export function closeAbandoned(thread: number, { descriptorMarks }: DescriptorMarks): void {
  sharedSockets.forget(thread)
  const left = new Uint8Array(descriptorMarks)
  for (let fd = left.indexOf(1); fd >= 0; fd = left.indexOf(1, fd + 1)) {
    left[fd] = 0
    cLibrary()?.close(fd)
  }
}

/** A new UDP socket, which does not block; -1 if there is none to be had. */
export function openDatagramSocket(c: CLibrary, family: 4 | 6): number {
  return mark(c.socket(family === 4 ? AF_INET : AF_INET6, DATAGRAM_SOCKET, 0))
}

/** Has a new descriptor closed when this thread dies, and returns it; -1 stays what it is. */
export function mark(fd: number): number {
  if (marks !== null && fd >= 0) marks[fd] = 1
  return fd
}

/** Closes a descriptor that was marked, when no other thread reads it. */
export function closeDescriptor(c: CLibrary, fd: number): void {
  sharedSockets.leave(fd)
  if (marks !== null) marks[fd] = 0
  c.close(fd)
}

function isMarked(data: unknown): data is DescriptorMarks {
  if (isMainThread || typeof data !== 'object' || data === null || !('descriptorMarks' in data)) return false
  return data.descriptorMarks instanceof SharedArrayBuffer
}
