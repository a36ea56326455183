import type { Agent } from 'node:http'
import type { AgentOptions } from 'node:https'
import type { OnReadOpts, Socket } from 'node:net'
import process from 'node:process'
import { http } from '#lib/node-http.ts'

/** How long a connection is silent before the system asks whether the other end is still there. */
export const TCP_PROBE_MS = 15_000
/** Octets that are read at once. */
const READ_OCTETS = 1 << 14

/**
 * Keeps connections to one server for further requests; TLS is loaded only if it is spoken. All of them read into one
 * buffer: Node would otherwise take another one of 64 KiB for each read, tens of MiB for a list.
 */
export function keepAliveAgent(server: URL, options: AgentOptions): Agent {
  const settings = {
    ...options,
    keepAlive: true,
    keepAliveMsecs: TCP_PROBE_MS,
    onread: intoOneBuffer(),
    highWaterMark: READ_OCTETS,
  }
  if (server.protocol !== 'https:') return new http.Agent(settings)
  const https = process.getBuiltinModule('node:https')
  return new https.Agent(settings)
}

/** Has an agent close its connections as soon as nobody uses them. */
export function retireAgent(agent: Agent): void {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}

/**
 * What is read is parsed, and copied by the parser, before the next read: connections do not get in each other's way. Each
 * reads once in a turn of the event loop, where Node would read up to 32 times before it looks for queries.
 */
function intoOneBuffer(): OnReadOpts {
  return {
    buffer: Buffer.allocUnsafeSlow(READ_OCTETS),
    callback(this: Socket, octets: number, buffer: Uint8Array): boolean {
      this.emit('data', buffer.subarray(0, octets))
      setImmediate(readOn, this)
      return false
    },
  } as OnReadOpts
}

/** Unless whoever reads has paused it: resuming is up to them then. */
function readOn(socket: Socket): void {
  if (!socket.isPaused()) socket.resume()
}
