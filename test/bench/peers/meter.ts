import { cpuMicroseconds, endedChildrenMicroseconds, machineMicroseconds } from '#test/bench/peers/process-usage.ts'

/** Processor time while a load ran, in microseconds, and how much of the machine went elsewhere. */
export interface Usage {
  readonly serverUs: number
  readonly clientUs: number
  /** Time that passed. */
  readonly wallUs: number
  /** What neither server nor load nor this process used, in processors: other programs, other guests of the host. */
  readonly othersShare: number
}

/** What was measured, and what it took. */
export interface Metered<T> {
  readonly result: T
  readonly usage: Usage
}

/** More than this, and a measurement is made again. */
const DISTURBED_SHARE = 0.1
const ATTEMPTS = 3

/**
 * Runs a load, in one child that ends with it, against the server `pid`. What was disturbed by other programs is measured
 * again, up to three times; the least disturbed measurement counts.
 */
export async function metered<T>(pid: number, load: () => Promise<T>): Promise<Metered<T>> {
  let best: Metered<T> | null = null
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const now = await meteredOnce(pid, load)
    if (best === null || now.usage.othersShare < best.usage.othersShare) best = now
    if (best.usage.othersShare <= DISTURBED_SHARE) break
  }
  return best!
}

/** Whether so much went elsewhere that the figures are to be doubted. */
export function isDisturbed(othersShare: number): boolean {
  return othersShare > DISTURBED_SHARE
}

async function meteredOnce<T>(pid: number, load: () => Promise<T>): Promise<Metered<T>> {
  const before = reading(pid)
  const result = await load()
  const after = reading(pid)
  const serverUs = after.serverUs - before.serverUs
  const clientUs = after.clientUs - before.clientUs
  const wallUs = after.atUs - before.atUs
  const othersUs = after.machineUs - before.machineUs - serverUs - clientUs - (after.ownUs - before.ownUs)
  return { result, usage: { serverUs, clientUs, wallUs, othersShare: Math.max(0, othersUs / wallUs) } }
}

function reading(pid: number): Record<'serverUs' | 'clientUs' | 'ownUs' | 'machineUs' | 'atUs', number> {
  const own = process.cpuUsage()
  return {
    serverUs: cpuMicroseconds(pid),
    clientUs: endedChildrenMicroseconds(),
    ownUs: own.user + own.system,
    machineUs: machineMicroseconds(),
    atUs: performance.now() * 1000,
  }
}
