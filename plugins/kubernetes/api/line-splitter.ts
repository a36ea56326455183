import { Pieces } from '#plugins/kubernetes/api/pieces.ts'

const LINE_FEED = 0x0a
/** No object of a cluster comes near this: etcd takes 1.5 MiB. */
const MAX_LINE_OCTETS = 16 << 20

/** Cuts a stream of octets into lines, without their line feeds. What follows the last one is not a line yet. */
export class LineSplitter {
  readonly #line = new Pieces(MAX_LINE_OCTETS, 'an event');

  /** The lines that end in the next piece of the stream, each good until the next one. Throws an ApiFailure when one is without bounds. */
  *push(chunk: Buffer): Generator<Buffer, void, void> {
    let start = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const line = this.#line.finish(chunk.subarray(start, end))
      start = end + 1
      if (line.length > 0) yield line
    }
    if (start < chunk.length) this.#line.add(chunk.subarray(start))
  }
}
