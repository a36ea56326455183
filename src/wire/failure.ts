/** Why octets are not the message or record they should be. A closed set of numbers, counted and never thrown. */
export const WireFailure = {
  /** No failure. */
  NONE: 0,
  /** The octets end before the structure does. */
  SHORT: 1,
  /** A label type other than ordinary or pointer (RFC 1035 section 4.1.4). */
  LABEL_TYPE: 2,
  /** A name of more than 255 octets. */
  NAME_TOO_LONG: 3,
  /** A compression pointer that does not point strictly backward. */
  POINTER: 4,
  /** More pointers in one message than its size could honestly need. */
  TOO_MANY_POINTERS: 5,
  /** RDATA that does not have its type's form, or does not end where RDLENGTH says. */
  RDATA: 6,
  /** A question section that is not exactly one question. */
  QUESTION_COUNT: 7,
  /** An OPT record that is repeated, not owned by the root, or whose options overrun it. */
  OPT: 8,
  /** A section count that the octets cannot hold. */
  COUNT: 9,
  /** Names that expand to more octets than the message budget allows. */
  EXPANSION: 10,
} as const

/** One of the numbers of {@link WireFailure}. */
export type WireFailure = (typeof WireFailure)[keyof typeof WireFailure]

const texts = new Map<number, string>([
  [WireFailure.NONE, 'no failure'],
  [WireFailure.SHORT, 'short input'],
  [WireFailure.LABEL_TYPE, 'invalid label type'],
  [WireFailure.NAME_TOO_LONG, 'long domain name'],
  [WireFailure.POINTER, 'compression pointer not backward'],
  [WireFailure.TOO_MANY_POINTERS, 'too many compression pointers'],
  [WireFailure.RDATA, 'malformed record data'],
  [WireFailure.QUESTION_COUNT, 'not exactly one question'],
  [WireFailure.OPT, 'malformed OPT record'],
  [WireFailure.COUNT, 'section count beyond the message'],
  [WireFailure.EXPANSION, 'names expand beyond the budget'],
])

/** A failure in words, for logs and tests. */
export function wireFailureText(failure: WireFailure): string {
  return texts.get(failure) ?? `failure ${failure}`
}
