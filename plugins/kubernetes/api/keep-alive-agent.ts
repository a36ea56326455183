import type { Agent } from 'node:http'
import type { AgentOptions } from 'node:https'
import process from 'node:process'
import { http } from '#lib/node-http.ts'

/** How long a connection is silent before the system asks whether the other end is still there. */
export const TCP_PROBE_MS = 15_000

/** Keeps connections to one server for further requests; TLS is loaded only if it is spoken. */
export function keepAliveAgent(server: URL, options: AgentOptions): Agent {
  const settings = { ...options, keepAlive: true, keepAliveMsecs: TCP_PROBE_MS }
  if (server.protocol !== 'https:') return new http.Agent(settings)
  const https = process.getBuiltinModule('node:https')
  return new https.Agent(settings)
}

/** Has an agent close its connections as soon as nobody uses them. */
export function retireAgent(agent: Agent): void {
  agent.maxFreeSockets = 0
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy()
}
