import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BenchService } from '#test/bench/peers/cluster.ts'
import { serviceName } from '#test/bench/peers/cluster.ts'

/** Writes the Services in the form of /etc/hosts and returns the file's path. */
export function writeHostsFile(directory: string, services: readonly BenchService[]): string {
  const file = join(directory, 'hosts')
  writeFileSync(file, services.map(service => `${service.address} ${serviceName(service)}\n`).join(''))
  return file
}
