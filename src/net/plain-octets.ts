/** The octets of a Buffer as a plain array, whose `slice` copies; they share the memory. */
export function plainOctets(octets: Uint8Array): Uint8Array {
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length)
}
