import { writeSync } from 'node:fs'

/**
 * Lines, each with its end, wait here until the event loop comes round, so that a burst of them costs one write. V8 joins the pieces
 * of all of them as it is written, at half of what joining each line and then all lines takes.
 */
let waiting = ''
let scheduled = false
let dropped = 0

/** More than this many waiting characters, and lines are dropped and counted rather than kept. */
const MAX_WAITING_CHARS = 4 << 20

let capture: ((line: string) => void) | null = null

/** Takes whole lines, without the last line's end, and calls `taken` when it wants more. */
export type LineSink = (text: string, taken: () => void) => void

let sink: LineSink | null = null

/** Has lines go to `to` rather than to standard output; those that it is not ready for wait here, within bounds. */
export function sendLines(to: LineSink): void {
  sink = to
}

/** Hands every line to `listener` instead of writing it, until the function that is returned is called; for tests. */
export function captureLines(listener: (line: string) => void): () => void {
  const before = capture
  capture = listener
  return () => {
    capture = before
  }
}

/** Writes a line to standard output without ever blocking the caller; control characters in it are the caller's care. */
export function writeLine(line: string): void {
  if (capture !== null) {
    capture(line)
    return
  }
  if (waiting.length > MAX_WAITING_CHARS) {
    dropped++
    return
  }
  waiting += line
  waiting += '\n'
  if (!scheduled) {
    scheduled = true
    setImmediate(flush)
  }
}

/** Writes lines that stand in one text, without the last line's end. */
export function writeLines(text: string): void {
  if (capture === null) writeLine(text)
  else for (const line of text.split('\n')) capture(line)
}

/** How many lines were dropped because standard output did not take them. */
export function droppedLines(): number {
  return dropped
}

/** Writes what waits at once, for the last lines before the process ends. */
export function flushSync(): void {
  if (waiting.length === 0) return
  const text = takeWaiting()
  if (sink !== null) {
    sink(withoutEnd(text), () => {})
    return
  }
  try {
    writeSync(1, text)
  } catch {
    dropped++ // Standard output is closed or full: there is nowhere left to say so.
  }
}

function flush(): void {
  scheduled = false
  if (waiting.length === 0) return
  if (sink !== null) {
    scheduled = true
    sink(withoutEnd(takeWaiting()), flush)
    return
  }
  // Writing goes on in the stream's own queue; lines arriving meanwhile wait here, where they are bounded.
  if (process.stdout.writableLength > MAX_WAITING_CHARS) {
    scheduled = true
    process.stdout.once('drain', flush)
    return
  }
  process.stdout.write(takeWaiting())
}

function takeWaiting(): string {
  const text = waiting
  waiting = ''
  return text
}

function withoutEnd(text: string): string {
  return text.slice(0, -1)
}
