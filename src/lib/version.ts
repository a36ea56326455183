import { readFileSync } from 'node:fs'

/** The version in package.json, `0.1.0`. */
export const VERSION: string = readVersion()

/** The system and architecture as Go names them, `linux/amd64`: what CoreDNS prints and dashboards expect. */
export function platform(): string {
  const architectures: Record<string, string> = { x64: 'amd64', ia32: '386' }
  const systems: Record<string, string> = { win32: 'windows' }
  return `${systems[process.platform] ?? process.platform}/${architectures[process.arch] ?? process.arch}`
}

function readVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
