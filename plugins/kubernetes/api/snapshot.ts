import { createHash } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import type { Resource } from '#plugins/kubernetes/api/resource.ts'

/**
 * A cluster as it was, in a file: a line about the snapshot, a line for each object with its resource and its state as JSON,
 * and a last line with the SHA-256 digest of all before it.
 */
export interface Snapshot {
  /** Milliseconds since 1970. */
  readonly savedAtMs: number
  /** The states, in JSON, of each resource. */
  readonly states: ReadonlyMap<Resource['name'], readonly string[]>
}

/** What a snapshot must say of itself to be used: other options select other objects. */
export interface SnapshotHead {
  readonly format: 'nodens-snapshot-1'
  readonly savedAtMs: number
  /** Which objects of which API server. */
  readonly selection: string
}

const LINE_FEED = 0x0a
const DIGEST_PREFIX = 'sha256 '
const PIECE_CHARS = 1 << 18

/** Writes a snapshot in place of the one that was there; whoever reads meanwhile sees the one or the other. */
export async function saveSnapshot(
  path: string,
  head: SnapshotHead,
  lines: Iterable<readonly [resource: string, json: string]>,
): Promise<void> {
  const temporary = `${path}.new`
  const digest = createHash('sha256')
  const file = await open(temporary, 'w', 0o600)
  try {
    let piece = `${JSON.stringify(head)}\n`
    const write = async (): Promise<void> => {
      const octets = Buffer.from(piece)
      piece = ''
      digest.update(octets)
      await file.write(octets)
    }
    for (const [resource, json] of lines) {
      piece += `${resource} ${json}\n`
      if (piece.length >= PIECE_CHARS) await write()
    }
    await write()
    await file.write(`${DIGEST_PREFIX}${digest.digest('hex')}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Reads a snapshot; `null` when there is none. Rejects with an Error that says why it is of no use. */
export async function loadSnapshot(path: string, selection: string): Promise<Snapshot | null> {
  const octets = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw new Error(error.code ?? error.message)
  })
  if (octets === null) return null
  const end = octets.lastIndexOf(LINE_FEED, -2) + 1
  const digest = createHash('sha256').update(octets.subarray(0, end)).digest('hex')
  if (octets.toString('latin1', end) !== `${DIGEST_PREFIX}${digest}\n`) throw new Error('it is damaged')
  const headEnd = octets.indexOf(LINE_FEED)
  const head = JSON.parse(octets.toString('utf8', 0, headEnd)) as Partial<SnapshotHead>
  if (head.format !== 'nodens-snapshot-1') throw new Error('it is of another version')
  if (head.selection !== selection) throw new Error('it is of another cluster, or of other options')
  return { savedAtMs: head.savedAtMs ?? 0, states: statesIn(octets.subarray(headEnd + 1, end)) }
}

function statesIn(octets: Buffer): Map<Resource['name'], string[]> {
  const states = new Map<Resource['name'], string[]>()
  for (let start = 0; start < octets.length; ) {
    const end = octets.indexOf(LINE_FEED, start)
    const blank = octets.indexOf(0x20, start)
    const resource = octets.toString('latin1', start, blank) as Resource['name']
    const list = states.get(resource) ?? []
    states.set(resource, list)
    list.push(octets.toString('utf8', blank + 1, end))
    start = end + 1
  }
  return states
}
