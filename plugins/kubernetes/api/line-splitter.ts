import { ApiFailure } from '#plugins/kubernetes/api/failure.ts'

const LINE_FEED = 0x0a
/** No object of a cluster comes near this: etcd takes 1.5 MiB. */
const MAX_LINE_OCTETS = 16 << 20

/** Cuts a stream of octets into lines, without their line feeds. What follows the last one is not a line yet. */
export class LineSplitter {
  #parts: Buffer[] = []
  #octets = 0;

  /** The lines that end in the next piece of the stream. Throws an ApiFailure when one is without bounds. */
  *push(chunk: Buffer): Generator<Buffer, void, void> {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const last = chunk.subarray(start, end)
      start = end + 1
      const line = this.#parts.length === 0 ? last : Buffer.concat([...this.#parts, last])
      this.#parts = []
      this.#octets = 0
      if (line.length > 0) yield line
    }
    if (start === chunk.length) return
    this.#parts.push(chunk.subarray(start))
    this.#octets += chunk.length - start
    if (this.#octets > MAX_LINE_OCTETS) throw new ApiFailure(`an event of more than ${MAX_LINE_OCTETS} octets`)
  }
}
