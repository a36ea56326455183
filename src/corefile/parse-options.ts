import type { Environment } from '#corefile/environment.ts'
import type { Problems } from '#corefile/error.ts'
import type { CorefileFiles } from '#corefile/files.ts'

/** What a Corefile refers to besides its own text. */
export interface ParseOptions {
  /** Names of the plugins that exist. */
  readonly directives: readonly string[]
  /** Takes what is wrong. */
  readonly problems: Problems
  readonly environment: Environment
  readonly files: CorefileFiles
  /** The port of `dns://` keys that name none. */
  readonly defaultPort: number
  /** Takes what is suspicious but no error. */
  warn(message: string): void
}
