import type { Delta, DeltaBatch } from '#plugins/kubernetes/index/delta.ts'
import { touchesCluster, touchesClusterset } from '#plugins/kubernetes/index/delta-scope.ts'
import { Pods } from '#plugins/kubernetes/index/pods.ts'

/** The last state of every object that was sent, so that an index that starts late can be told all at once. */
export class Ledger {
  /** By kind and key; pods, of which there may be hundreds of thousands, apart. */
  readonly #states = new Map<string, Delta>()
  readonly #pods = new Pods()
  #atSeconds = 0
  #clustersetAtSeconds = 0
  #synced = false

  add({ atSeconds, deltas, synced }: DeltaBatch): void {
    for (const delta of deltas) {
      if (delta.kind === 'pod') {
        this.#pods.apply(delta.key, delta.object)
        continue
      }
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
    const deltas = [...this.#states.values()]
    for (const [key, object] of this.#pods.all()) deltas.push({ kind: 'pod', key, object })
    if (deltas.length === 0 && !this.#synced) return null
    return { atSeconds: this.#atSeconds, clustersetAtSeconds: this.#clustersetAtSeconds, deltas, synced: this.#synced }
  }
}
