import { randomFillSync } from 'node:crypto'

/** Random words, drawn from the system's generator a block at a time so that one costs an array read. */
const block = new Uint32Array(1024)
let at = block.length

/** A random whole number from 0 to 2^32 - 1, from the system's cryptographic generator. */
export function randomUint32(): number {
  if (at === block.length) {
    randomFillSync(block)
    at = 0
  }
  const word = block[at]!
  block[at++] = 0 // What has been given out is not left in memory for the next draw to be guessed from.
  return word
}

/** A random whole number from 0 to `bound - 1`, all equally likely; `bound` is from 1 to 2^32. */
export function randomBelow(bound: number): number {
  const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound)
  let word = randomUint32()
  while (word >= limit) word = randomUint32()
  return word % bound
}
