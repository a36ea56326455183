import { writeSync } from 'node:fs'

/** Octets of lines that one write takes, as a rule. */
const ROOM_OCTETS = 64 << 10
/** So many octets wait at most; further lines are dropped and counted rather than kept. */
const MAX_WAITING_OCTETS = 4 << 20
const NEWLINE = 0x0a

/**
 * Lines, each with its end, wait here until the event loop comes round, so that a burst of them costs one write. They do as octets:
 * strings that wait outlive V8's young generation, and with 100,000 lines a second its heap was always as full as it may get.
 */
let room = Buffer.allocUnsafeSlow(ROOM_OCTETS)
let waitingOctets = 0
/** What was written, to be filled again. */
let spare: Buffer<ArrayBuffer> | null = null
let isScheduled = false
/** Whoever takes the lines is not ready for more. */
let isHeldUp = false

let countDropped: (lines: number) => void = () => {}
let capture: ((line: string) => void) | null = null

/** Takes whole lines, without the last line's end, and calls `taken` when it wants more. */
export type LineSink = (text: string, taken: () => void) => void

let sink: LineSink | null = null

/** Has lines go to `to` rather than to standard output; those that it is not ready for wait here, within bounds. */
export function sendLines(to: LineSink): void {
  sink = to
}

/** Has `count` told how many lines are dropped because standard output does not take them. */
export function onDroppedLines(count: (lines: number) => void): void {
  countDropped = count
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
  if (capture !== null) capture(line)
  else if (!keep(line)) countDropped(1)
}

/** Writes lines that stand in one text, without the last line's end. */
export function writeLines(text: string): void {
  if (capture !== null) for (const line of text.split('\n')) capture(line)
  else if (!keep(text)) countDropped(text.split('\n').length)
}

/** Writes what waits at once, for the last lines before the process ends. */
export function flushSync(): void {
  if (waitingOctets === 0) return
  if (sink !== null) {
    sink(takeText(), () => {})
    return
  }
  try {
    writeSync(1, room, 0, waitingOctets)
  } catch {
    countDropped(1) // Standard output is closed or full: there is nowhere left to say so.
  }
  waitingOctets = 0
}

/** Whether there is room. */
function keep(text: string): boolean {
  const mostOctets = 3 * text.length + 1
  if (waitingOctets + mostOctets > room.length && !makeRoom(mostOctets)) return false
  waitingOctets += room.write(text, waitingOctets)
  room[waitingOctets++] = NEWLINE
  if (!isScheduled) {
    isScheduled = true
    setImmediate(flush)
  }
  return true
}

function makeRoom(octets: number): boolean {
  if (!isHeldUp) handOn()
  const neededOctets = waitingOctets + octets
  if (neededOctets <= room.length) return true
  if (neededOctets > MAX_WAITING_OCTETS) return false
  const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(2 * room.length, neededOctets), MAX_WAITING_OCTETS))
  room.copy(larger, 0, 0, waitingOctets)
  room = larger
  return true
}

function flush(): void {
  isScheduled = false
  if (!isHeldUp) handOn()
}

function handOn(): void {
  if (waitingOctets === 0) return
  if (sink !== null) {
    isHeldUp = true
    sink(takeText(), goOn)
    return
  }
  // Writing goes on in the stream's own queue; lines arriving meanwhile wait here, where they are bounded.
  if (process.stdout.writableLength > MAX_WAITING_OCTETS) {
    isHeldUp = true
    process.stdout.once('drain', goOn)
    return
  }
  const written = room
  process.stdout.write(room.subarray(0, waitingOctets), () => {
    if (written.length === ROOM_OCTETS) spare = written
  })
  room = spare ?? Buffer.allocUnsafeSlow(ROOM_OCTETS)
  spare = null
  waitingOctets = 0
}

function goOn(): void {
  isHeldUp = false
  handOn()
}

function takeText(): string {
  const text = room.toString('utf8', 0, waitingOctets - 1)
  waitingOctets = 0
  return text
}
