/** A word of a Corefile and where it stands. */
export interface Token {
  readonly text: string
  /** The file as it was named on the command line or by `import`. */
  readonly file: string
  /** 1-based line on which the token starts. */
  readonly line: number
  /** 1-based column, in characters. */
  readonly column: number
  /** How many characters it takes up in the file, quotes included. */
  readonly width: number
  /** Whether it was written in quotes. */
  readonly quoted: boolean
}
