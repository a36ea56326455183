import type { Threads } from '#plugin/threads.ts'
import type { DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { Ledger } from '#plugins/kubernetes/index/ledger.ts'

/**
 * Has each batch that the control thread hands to the returned function applied in all threads, so that the cluster is
 * watched once. A thread that starts later gets everything so far first.
 */
export function shareDeltas(threads: Threads, apply: (batch: DeltaBatch) => void): (batch: DeltaBatch) => void {
  if (threads.serves && threads.isControl) return apply
  const ledger = new Ledger()
  const channel = threads.channel<DeltaBatch>({ receive: apply, snapshot: () => ledger.all() })
  return batch => {
    ledger.add(batch)
    channel.send(batch)
  }
}
