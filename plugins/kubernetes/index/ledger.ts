import type { Delta, DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { touchesCluster, touchesClusterset } from '#plugins/kubernetes/index/delta-scope.ts'

/** The last state of every object that was sent, so that an index that starts late can be told all at once. */
export class Ledger {
  readonly #states = new Map<string, Delta>()
  #atSeconds = 0
  #clustersetAtSeconds = 0
  #synced = false

  add({ atSeconds, deltas, synced }: DeltaBatch): void {
    for (const delta of deltas) {
      const id = `${delta.kind} ${delta.key}`
      if (delta.object === null) this.#states.delete(id)
      else this.#states.set(id, delta)
    }
    if (deltas.some(touchesCluster)) this.#atSeconds = Math.max(this.#atSeconds, atSeconds)
    if (deltas.some(touchesClusterset)) this.#clustersetAtSeconds = Math.max(this.#clustersetAtSeconds, atSeconds)
    this.#synced = synced
  }

  /** A batch that leads from nothing to what all batches so far led to; `null` when there was none. */
  all(): DeltaBatch | null {
    if (this.#states.size === 0 && !this.#synced) return null
    return {
      atSeconds: this.#atSeconds,
      clustersetAtSeconds: this.#clustersetAtSeconds,
      deltas: [...this.#states.values()],
      synced: this.#synced,
    }
  }
}
