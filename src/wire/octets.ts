/** The octets from `start` to `end` in memory of their own, which `slice` is not for a Buffer. */
export function copyOctets(octets: Uint8Array, start: number, end: number): Uint8Array {
  const copy = new Uint8Array(end - start)
  if (copy.length > 32) copy.set(octets.subarray(start, end))
  else for (let i = 0; i < copy.length; i++) copy[i] = octets[start + i]!
  return copy
}
