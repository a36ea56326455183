import type { SeededRandom } from '#test/support/random.ts'

/** Most octets that a mutation makes of a message. */
export const MAX_MUTATED_OCTETS = 2048

/** Writes a damaged copy of `seed` into `into` and returns its length: a few of the ways in which packets go wrong. */
export function mutate(seed: Uint8Array, into: Uint8Array, random: SeededRandom): number {
  into.set(seed)
  let length = seed.length
  for (let times = 1 + random.below(4); times > 0; times--) length = once(into, length, random)
  return length
}

function once(octets: Uint8Array, length: number, random: SeededRandom): number {
  const at = length === 0 ? 0 : random.below(length)
  switch (random.below(8)) {
    case 0: // flip a bit
      octets[at]! ^= 1 << random.below(8)
      return length
    case 1: // another octet
      octets[at] = random.below(256)
      return length
    case 2: // an octet that means something: root, pointer, longest label, reserved label types
      octets[at] = random.pick([0x00, 0xc0, 0x3f, 0x40, 0x80, 0xff])
      return length
    case 3: // cut off
      return at
    case 4: // a pointer to somewhere
      if (at + 1 < length) {
        octets[at] = 0xc0 | random.below(2)
        octets[at + 1] = random.below(256)
      }
      return length
    case 5: // a section count
      octets[4 + random.below(8)] = random.pick([0, 1, 2, 255])
      return length
    case 6: // flags and opcode
      octets[2 + random.below(2)] = random.below(256)
      return length
    default: // more octets at the end
      return grow(octets, length, random)
  }
}

function grow(octets: Uint8Array, length: number, random: SeededRandom): number {
  const more = Math.min(random.below(64), MAX_MUTATED_OCTETS - length)
  for (let i = 0; i < more; i++) octets[length + i] = random.below(256)
  return length + more
}
