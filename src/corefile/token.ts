/** A word of a Corefile and where it stands. */
export interface Token {
  readonly text: string
  /** The file as it was named on the command line or by `import`. */
  readonly file: string
  /** 1-based line on which the token starts. */
  readonly line: number
  /** 1-based column, in UTF-16 units as editors count them; a byte order mark is not counted. */
  readonly column: number
  /** How many UTF-16 units it takes up in the file, quotes included. */
  readonly width: number
  /** Whether it was written in quotes. */
  readonly quoted: boolean
}
