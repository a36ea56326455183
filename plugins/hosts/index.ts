import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { hostsHandler } from '#plugins/hosts/handler.ts'
import type { HostsFileContent } from '#plugins/hosts/hosts-file.ts'
import type { HostsOptions } from '#plugins/hosts/options.ts'
import { parseHostsOptions } from '#plugins/hosts/options.ts'
import { HostsSource } from '#plugins/hosts/source.ts'

/** Answers from a file like /etc/hosts, and from such lines in the Corefile. */
export const hosts: AnyPlugin = definePlugin<HostsOptions>({
  name: 'hosts',
  once: true,
  dependsOn: () => DependsOn.QUESTION,
  parse: parseHostsOptions,
  build(options, next, env) {
    const entries = env.metrics.gauge({
      name: 'coredns_hosts_entries',
      help: 'Addresses of names and names of addresses in the hosts file and the Corefile.',
      labels: ['hostsfile'],
    })
    const reloadTimestamp = env.metrics.gauge({
      name: 'coredns_hosts_reload_timestamp_seconds',
      help: 'When the hosts file that was read last had been changed, in seconds since 1970.',
    })
    const path = env.resolvePath(options.path)
    const slots = { entries: entries.labels(path), reloadTimestamp: reloadTimestamp.labels() }
    const source: HostsSource = new HostsSource(options, path, env.log, slots, () => env.dataChanged(), {
      isReader: env.threads.isControl,
      send: content => channel.send(content),
    })
    const channel = env.threads.channel<HostsFileContent>({
      receive: content => source.receive(content),
      snapshot: () => source.content,
    })
    env.onStartup(() => source.start())
    env.onShutdown(() => source.stop())
    return hostsHandler(options, source, next, env.untilDataChanges)
  },
})
