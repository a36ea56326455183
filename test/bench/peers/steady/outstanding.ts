const IDS = 0x10000
const NONE = -1

/** When the questions of one socket that have no answer yet were asked, by their ID. */
export class Outstanding {
  readonly #askedAt = new Float64Array(IDS).fill(NONE)
  #nextId = 0

  /** The ID of the next question. */
  get nextId(): number {
    return this.#nextId
  }

  /** Remembers that the next question was asked at this time. One that had the same ID, 65,536 questions ago, is forgotten. */
  begin(at: number): void {
    this.#askedAt[this.#nextId] = at
    this.#nextId = (this.#nextId + 1) & (IDS - 1)
  }

  /** When the question that an answer is for was asked, which is then answered; -1 if there is none. */
  end(id: number): number {
    const at = this.#askedAt[id]!
    this.#askedAt[id] = NONE
    return at
  }
}
