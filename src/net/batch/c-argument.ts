/** Of numbers up to that, and a few more than a server has descriptors, the bigint is kept: one that is made is garbage. */
const KEPT = 4096
const kept: readonly bigint[] = Array.from({ length: KEPT }, (_, value) => BigInt(value))

/** A number that is not negative, as it is handed to those functions of C that take nothing but bigint (`CLibrary`). */
export function cArgument(value: number): bigint {
  return kept[value] ?? BigInt(value)
}
