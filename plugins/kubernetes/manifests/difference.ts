import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** Remembers what an index has been told, and works out what it needs to hear next. */
export class Difference {
  #known: ReadonlyMap<string, { readonly delta: Delta; readonly json: string }> = new Map()

  /** The deltas that lead from the states of the last call to `states`, which are by kind and key. */
  next(states: ReadonlyMap<string, Delta>): Delta[] {
    const deltas: Delta[] = []
    const known = new Map<string, { readonly delta: Delta; readonly json: string }>()
    for (const [id, delta] of states) {
      const json = JSON.stringify(delta.object)
      known.set(id, { delta, json })
      if (this.#known.get(id)?.json !== json) deltas.push(delta)
    }
    for (const [id, { delta }] of this.#known) {
      if (!known.has(id)) deltas.push({ ...delta, object: null })
    }
    this.#known = known
    return deltas
  }
}
