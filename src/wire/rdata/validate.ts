import type { Layout } from '#wire/rdata/layouts.ts'
import { layoutOf } from '#wire/rdata/layouts.ts'

/** Whether uncompressed record data has its type's form. Data of unknown types always has. */
export function isValidRdata(type: number, rdata: Uint8Array): boolean {
  const layout = layoutOf(type)
  return layout === undefined || dataLength(layout, rdata, 0, rdata.length) === rdata.length
}

/** How many octets the layout's fields take from `start` of uncompressed data that ends at `end`; -1 when one is malformed. */
export function dataLength(layout: Layout, octets: Uint8Array, start: number, end: number): number {
  let at = start
  for (let i = 0; i < layout.length; i++) {
    const length = layout[i]!.length(octets, at, end)
    if (length < 0) return -1
    at += length
  }
  return at - start
}
