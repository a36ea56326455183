import { join } from 'node:path'
import { imageSettings } from '#test/bench/image-settings.ts'
import type { Contender, Launch, Site } from '#test/bench/peers/contender.ts'
import { ALL_SETS } from '#test/bench/peers/contender.ts'
import { kubernetesBlock, writeOrdinaryCorefile } from '#test/bench/peers/servers/corefile.ts'

/** What differs among the rows of Nodens. */
interface Variant {
  readonly name: string
  readonly note: string
  readonly transport?: 'udp' | 'tcp'
  readonly env?: Readonly<Record<string, string>>
  /** Further directives. */
  readonly directives?: readonly string[]
}

/** Nodens with the ordinary Corefile of clusters. */
export const nodens: Contender = contender({ name: 'nodens', note: '' }, 'nodens')

/** Nodens otherwise configured, to be compared with itself. */
export const nodensVariants: readonly Contender[] = [
  contender({ name: 'nodens-log', note: 'with `log`, standard output to /dev/null', directives: ['log'] }, 'variant'),
  contender({ name: 'nodens-tcp', note: 'pipelined over TCP', transport: 'tcp' }, 'variant'),
  contender(
    { name: 'nodens-dgram', note: 'the portable transport, node:dgram', env: { NODENS_UDP: 'dgram' } },
    'variant',
  ),
]

/** Starts Nodens as its image does. */
export async function launchNodens(site: Site, { directives, env }: Partial<Variant> = {}): Promise<Launch> {
  const file = await writeOrdinaryCorefile(site, kubernetesBlock(site), directives)
  const { options, environment } = imageSettings(join(site.directory, 'compile-cache'))
  return {
    command: process.execPath,
    args: [...options, site.main, '-conf', file],
    env: { ...environment, ...env },
  }
}

function contender(variant: Variant, kind: 'nodens' | 'variant'): Contender {
  return {
    name: variant.name,
    kind,
    program: process.execPath,
    versionArguments: null,
    sets: ALL_SETS,
    transport: variant.transport ?? 'udp',
    note: variant.note,
    launch: site => launchNodens(site, variant),
  }
}
