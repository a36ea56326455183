import type { Request } from '#plugins/kubernetes/lookup/request.ts'

const UNDERSCORE = 0x5f

/**
 * Whether the two labels left of an imported service are an endpoint and its cluster. With an underscore before either of
 * them they are a port and protocol; so they are in every other zone.
 */
export function namesCluster(request: Request): boolean {
  if (request.depth !== 4) return false
  const { left } = request
  return left.charCodeAt(1) !== UNDERSCORE && left.charCodeAt(clusterAt(left) + 1) !== UNDERSCORE
}

/** Where the second of two wire labels begins. */
export function clusterAt(labels: string): number {
  return 1 + labels.charCodeAt(0)
}
