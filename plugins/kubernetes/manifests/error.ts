/** What is wrong at one place of a manifest file. */
export class ManifestError extends Error {
  override readonly name: string = 'ManifestError'

  /** `line` is 1-based. */
  constructor(file: string, line: number, message: string) {
    super(`${file}:${line}: ${message}`)
  }
}
