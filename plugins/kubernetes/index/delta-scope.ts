import type { Delta } from '#plugins/kubernetes/index/delta.ts'

/** Whether a delta is about the zones of the cluster itself. */
export function touchesCluster({ kind }: Delta): boolean {
  return kind !== 'import' && kind !== 'imported-slice'
}

/** Whether a delta is about multicluster zones; a namespace is about both kinds. */
export function touchesClusterset({ kind }: Delta): boolean {
  return kind === 'import' || kind === 'imported-slice' || kind === 'namespace'
}
