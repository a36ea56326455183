import type { NameExpander } from '#wire/expansion.ts'
import { WireFailure } from '#wire/failure.ts'
import { copyOctets } from '#wire/octets.ts'
import { NameUse } from '#wire/rdata/field.ts'
import type { Layout } from '#wire/rdata/layouts.ts'
import { layoutOf } from '#wire/rdata/layouts.ts'
import { dataLength } from '#wire/rdata/validate.ts'

const MAX_RDATA_OCTETS = 0xffff
const scratch = new Uint8Array(MAX_RDATA_OCTETS)

/**
 * The data from `start` to `end` of a message as uncompressed octets of its own, its form checked; a number if it is
 * malformed. `names` follows the pointers of the same message.
 */
export function expandRdata(
  type: number,
  octets: Uint8Array,
  start: number,
  end: number,
  names: NameExpander,
): Uint8Array | WireFailure {
  const layout = layoutOf(type)
  if (layout?.some(isName)) return expandFields(layout, octets, start, end, names)
  if (layout !== undefined && dataLength(layout, octets, start, end) !== end - start) return WireFailure.RDATA
  return copyOctets(octets, start, end)
}

function expandFields(
  layout: Layout,
  octets: Uint8Array,
  start: number,
  end: number,
  names: NameExpander,
): Uint8Array | WireFailure {
  let length = 0
  let at = start
  for (const field of layout) {
    const isExpanded = field.nameUse !== NameUse.NONE
    const octetsRead = isExpanded ? 0 : field.length(octets, at, end)
    const next = isExpanded ? names.read(at, end) : octetsRead < 0 ? -WireFailure.RDATA : at + octetsRead
    // A name that does not end within the data is the data's fault.
    if (next < 0) return next === -WireFailure.SHORT ? WireFailure.RDATA : (-next as WireFailure)
    const source = isExpanded ? names.name.subarray(0, names.length) : octets.subarray(at, next)
    if (length + source.length > MAX_RDATA_OCTETS) return WireFailure.RDATA
    scratch.set(source, length)
    length += source.length
    at = next
  }
  return at === end ? scratch.slice(0, length) : WireFailure.RDATA
}

function isName(field: Layout[number]): boolean {
  return field.nameUse !== NameUse.NONE
}
