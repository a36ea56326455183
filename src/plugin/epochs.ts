/**
 * Numbers of the things that change in one configuration. What was made of such a thing while its number had one value is
 * not good once it has another. The numbers lie side by side in one array, since the packet cache looks at one for every
 * reply that it sends again, and tens of thousands of objects would not stay in the processor's cache.
 */
export class Epochs {
  /** The values by epoch; another array when there are more. */
  values: Uint32Array = new Uint32Array(64)
  #opened = 0
  readonly #closed: number[] = []

  /** A number for one more thing. */
  open(): number {
    const closed = this.#closed.pop()
    if (closed !== undefined) return closed
    if (this.#opened === this.values.length) {
      const more = new Uint32Array(this.values.length * 2)
      more.set(this.values)
      this.values = more
    }
    return this.#opened++
  }

  /** Says that the thing has changed. */
  advance(epoch: number): void {
    this.values[epoch]!++
  }

  /** Says that the thing is no more; its number is given to another one later, with another value. */
  close(epoch: number): void {
    this.advance(epoch)
    this.#closed.push(epoch)
  }
}
