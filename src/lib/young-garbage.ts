import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

type Collect = (options: { readonly type: 'minor' }) => void

/** Octets outside of V8's heap after which a collection pays. */
const MAX_NOTED_OCTETS = 2 << 20

let collect: Collect | null = null
let notedOctets = 0

/**
 * Takes note of octets that were used outside of V8's heap for a moment. V8 collects such buffers by itself only when its own
 * young generation is full, and until then counts them as if the heap had grown, for which it collects all of it. Of each
 * MiB they are collected at once, so call this when nothing of them is in use: what is outlives the collection, and what
 * outlives two is left to one of the whole heap.
 */
export function noteYoungGarbage(octets: number): void {
  notedOctets += octets
  if (notedOctets < MAX_NOTED_OCTETS) return
  notedOctets = 0
  collectYoungGarbage()
}

/** Has V8 collect what was allocated last, which takes some 0.3 ms. */
export function collectYoungGarbage(): void {
  collect ??= exposeCollector()
  collect({ type: 'minor' })
}

/**
 * Has V8 collect young garbage when there is no more room for it, and not in a task of its own at four fifths of that: who waits for messages
 * would have to go back to the event loop for each, which takes them another 0.1 ms.
 */
export function collectYoungGarbageWhenFull(): void {
  setFlagsFromString('--no-minor-gc-task')
}

/** V8 shows its collector only in contexts that are made after it was told to. */
function exposeCollector(): Collect {
  setFlagsFromString('--expose-gc')
  const exposed = runInNewContext('gc') as Collect
  setFlagsFromString('--no-expose-gc')
  return exposed
}
