import type { AnyPlugin } from '#plugin/define.ts'

/**
 * All plugins, in the order in which they see a query: first is outermost. The order in a Corefile does not matter, this
 * one does, and it is CoreDNS's (plugin.cfg). A new plugin is one line here.
 */
export const plugins: readonly AnyPlugin[] = []
