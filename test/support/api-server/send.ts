import type { ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Cut } from '#test/support/api-server/faults.ts'
import type { Status } from '#test/support/api-server/status.ts'

/** Pieces are gathered to about this many octets; answers from this size on are compressed for clients that take it. */
const WRITE_OCTETS = 128 * 1024

/** Answers with an object. */
export function sendJson(response: ServerResponse, status: number, object: object): void {
  const text = `${JSON.stringify(object)}\n`
  response
    .writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text) })
    .end(text)
}

/** Answers with a failure, and its Retry-After when it has one. */
export function sendStatus(response: ServerResponse, status: Status): void {
  const seconds = status.details?.['retryAfterSeconds']
  if (typeof seconds === 'number') response.setHeader('Retry-After', String(seconds))
  sendJson(response, status.code, status)
}

/** Answers as for a path that no API group has: in plain text, as the server has no kind of object for that. */
export function sendPageNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('404 page not found\n')
}

/** Answers 200 with pieces of JSON, no faster than the client takes them. */
export async function sendPieces(
  response: ServerResponse,
  pieces: Generator<string>,
  acceptsGzip: boolean,
  cut: Cut | null,
): Promise<void> {
  response.setHeader('Content-Type', 'application/json')
  const blocks = gathered(pieces)
  if (cut !== null) return sendCut(response, [...blocks].join(''), cut)
  const first = blocks.next()
  const start = first.done === true ? '' : first.value
  const source = Readable.from(withFirst(start, blocks))
  const isLarge = acceptsGzip && start.length >= WRITE_OCTETS
  try {
    if (isLarge) {
      response.setHeader('Content-Encoding', 'gzip')
      await pipeline(source, createGzip({ level: 1 }), response)
    } else {
      await pipeline(source, response)
    }
  } catch {
    // The client has gone, or a fault broke the connection.
    response.destroy()
  }
}

function sendCut(response: ServerResponse, text: string, cut: Cut): void {
  const half = text.slice(0, text.length >> 1)
  if (cut === 'reset') response.write(half, () => response.destroy())
  else response.end(cut === 'end' ? half : `${half}\n}{"`)
}

function* gathered(pieces: Generator<string>): Generator<string> {
  let block = ''
  for (const piece of pieces) {
    block += piece
    if (block.length < WRITE_OCTETS) continue
    yield block
    block = ''
  }
  if (block !== '') yield block
}

function* withFirst(first: string, rest: Generator<string>): Generator<string> {
  yield first
  yield* rest
}
