import { Flag } from '#wire/constants.ts'

const SHOWN = [
  [Flag.QR, 'qr'],
  [Flag.AA, 'aa'],
  [Flag.TC, 'tc'],
  [Flag.RD, 'rd'],
  [Flag.RA, 'ra'],
  [Flag.Z, 'z'],
  [Flag.AD, 'ad'],
  [Flag.CD, 'cd'],
] as const

/** The flags set in the header's second word, as dig prints them: `qr aa rd`. */
export function flagNames(flags: number): string {
  return SHOWN.filter(([bit]) => (flags & bit) !== 0)
    .map(([, name]) => name)
    .join(' ')
}
