import { writeLine } from '#lib/output.ts'

/** Writes log lines in CoreDNS's form: `[LEVEL] plugin/<name>: <message>` on standard output, without a time. */
export interface Logger {
  /** Printed only when some server block has `debug`. */
  debug(message: string): void
  info(message: string): void
  warning(message: string): void
  error(message: string): void
  /** Without the `plugin/<name>: ` part. */
  plain(message: string): void
}

let debugEnabled = false

/** Turns debug lines on or off for the whole process (plugin debug). */
export function enableDebugLines(enabled: boolean): void {
  debugEnabled = enabled
}

/** A logger whose lines carry a plugin's name. */
export function pluginLogger(plugin: string): Logger {
  const prefix = `plugin/${plugin}: `
  return {
    debug(message) {
      if (debugEnabled) writeLine(`[DEBUG] ${prefix}${message}`)
    },
    info: message => writeLine(`[INFO] ${prefix}${message}`),
    warning: message => writeLine(`[WARNING] ${prefix}${message}`),
    error: message => writeLine(`[ERROR] ${prefix}${message}`),
    plain: message => writeLine(message),
  }
}
