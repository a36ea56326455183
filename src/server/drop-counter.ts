import type { DropReason, OnDrop } from '#net/drop.ts'
import type { MetricRegistry, Slot } from '#plugin/metrics.ts'

/** Every reason, so that each is exported from the start: with 0, and a rate can be told from the first drop on. */
const REASONS: Record<DropReason, true> = {
  'port zero': true,
  'send error': true,
  'send queue full': true,
  'peer gone': true,
  'too many connections': true,
  'handshake failed': true,
  'too much held': true,
  'accept error': true,
  'receive buffer full': true,
}

/** Counts what the sockets of each address let go, by the address's label. */
export function dropCounter(metrics: MetricRegistry): (label: string) => OnDrop {
  const dropped = metrics.counter({
    name: 'nodens_messages_dropped_total',
    help: 'Queries, replies and connections that the sockets of a server let go.',
    labels: ['server', 'reason'],
  })
  return label => {
    const slots = new Map<DropReason, Slot>()
    for (const reason of Object.keys(REASONS) as DropReason[]) {
      slots.set(reason, dropped.labels(label, reason.replaceAll(' ', '_')))
    }
    return (reason, count) => slots.get(reason)!.inc(count)
  }
}
