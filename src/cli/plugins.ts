import type { AnyPlugin } from '#plugin/define.ts'

/** The list that `-plugins` prints, in the form of CoreDNS's. */
export function pluginsText(plugins: readonly AnyPlugin[]): string {
  const names = plugins.map(plugin => plugin.name).sort()
  return ['Server types:', '  dns', '', 'Caddyfile loaders:', '  flag', '  default', '', 'Other plugins:']
    .concat(names.map(name => `  dns.${name}`))
    .join('\n')
    .concat('\n')
}
