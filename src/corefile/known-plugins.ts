import { closest } from '#corefile/suggest.ts'

/** The plugins that CoreDNS 1.14.7 is built with, in the order of its chain. */
const corednsPlugins: readonly string[] = [
  ...['root', 'metadata', 'geoip', 'cancel', 'proxyproto', 'quic', 'grpc_server', 'https', 'https3', 'timeouts'],
  ...['multisocket', 'reload', 'nsid', 'bufsize', 'bind', 'debug', 'trace', 'ready', 'health', 'pprof', 'shed'],
  ...['prometheus', 'errors', 'log', 'dnstap', 'local', 'dns64', 'any', 'chaos', 'loadbalance', 'tsig', 'rewrite'],
  ...['autopath', 'acl', 'cache', 'header', 'dnssec', 'tls', 'minimal', 'template', 'transfer', 'hosts', 'route53'],
  ...['azure', 'clouddns', 'k8s_external', 'kubernetes', 'file', 'auto', 'secondary', 'etcd', 'loop', 'forward'],
  ...['grpc', 'erratic', 'whoami', 'on', 'sign', 'view', 'nomad'],
]

/** Whether CoreDNS or this program knows a directive by this name. */
export function isDirectiveName(text: string, directives: readonly string[]): boolean {
  return directives.includes(text) || corednsPlugins.includes(text)
}

/** What to say about a directive that is not among `directives`. */
export function hintForUnknownDirective(text: string, directives: readonly string[]): string {
  if (corednsPlugins.includes(text)) return `CoreDNS has the plugin '${text}'; it is not part of this version of Nodens`
  if (text === 'proxy') return "use 'forward', which took its place"
  const near = closest(text, [...directives, 'import'])
  return near === undefined ? '' : `did you mean '${near}'?`
}
