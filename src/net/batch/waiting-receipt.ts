import type { CLibrary } from '#net/batch/c-library.ts'
import { FIONBIO, SO_RCVTIMEO, SOL_SOCKET } from '#net/batch/linux.ts'
import { NativeMemory } from '#net/batch/native-memory.ts'

/** `struct timeval`: seconds and microseconds, 64 bits each. */
const TIMEVAL_OCTETS = 16
const MICROSECONDS = 8

/**
 * Has the system wait for a message when one is asked for without MSG_DONTWAIT: for the shortest time that it knows there, two ticks of
 * the kernel's clock at most (8 ms where it has 250 a second). Whether it will; a wait without an end would be worse than none.
 * To be called when libuv polls the descriptor already, since it makes those that it is given non-blocking. From then on whoever must not
 * wait, to send as well, says MSG_DONTWAIT.
 */
export function letReceiptWait(c: CLibrary, fd: number): boolean {
  const memory = new NativeMemory(c, TIMEVAL_OCTETS)
  memory.words[MICROSECONDS / 4] = 1
  if (c.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, memory.address, TIMEVAL_OCTETS) !== 0) return false
  memory.words.fill(0)
  return c.ioctl(fd, FIONBIO, memory.address) === 0
}
