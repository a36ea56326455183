/** Of numbers below that the bigint is kept, since one that is made is garbage: as many as a server has descriptors, TCP connections aside. */
const KEPT = 1024
const kept: readonly bigint[] = Array.from({ length: KEPT }, (_, value) => BigInt(value))

/** A number that is not negative, as it is handed to those functions of C that take nothing but bigint (`CLibrary`). */
export function cArgument(value: number): bigint {
  return kept[value] ?? BigInt(value)
}
