import { tlsTerms } from '#plugin/capability.ts'
import type { AnyPlugin } from '#plugin/define.ts'
import { definePlugin } from '#plugin/define.ts'
import type { TlsSettings } from '#plugin/env.ts'
import { DependsOn } from '#plugin/reuse.ts'
import { CertificateFiles } from '#plugins/tls/certificate-files.ts'
import { KeyLog } from '#plugins/tls/key-log.ts'
import { parseTls } from '#plugins/tls/parse.ts'
import type { TlsMaterial } from '#plugins/tls/terms-in-force.ts'
import { materialOf, TermsInForce } from '#plugins/tls/terms-in-force.ts'

/** How long tickets of sessions are good at most: what they are made with is forgotten then, in milliseconds. */
const TICKET_LIFE_MS = 24 * 60 * 60 * 1000

/** Has the certificate that the block's keys with `tls://` are served with. */
export const tls: AnyPlugin = definePlugin<TlsSettings>({
  name: 'tls',
  once: false,
  dependsOn: () => DependsOn.QUESTION,
  parse: (directive, _block, previous) => parseTls(directive, previous),
  configure(settings, block) {
    block.tls = settings
  },
  build({ certificatePath, keyPath, authoritiesPath, clientAuth, keyLogPath }, _next, env) {
    const keyLog = keyLogPath === null ? null : new KeyLog(env.resolvePath(keyLogPath))
    const terms = new TermsInForce(clientAuth, keyLog === null ? null : line => keyLog.write(line))
    const channel = env.threads.channel<TlsMaterial>({
      receive: material => terms.adopt(material),
      snapshot: () => terms.material,
    })
    const paths = {
      certificate: env.resolvePath(certificatePath),
      key: env.resolvePath(keyPath),
      authorities: authoritiesPath === null ? null : env.resolvePath(authoritiesPath),
    }
    const files = new CertificateFiles(paths, env.log, env.clock, texts => channel.send(materialOf(texts)))
    env.provide(tlsTerms, terms)
    env.onStartup(async () => {
      await keyLog?.open()
      if (!env.threads.isControl) return // It has received what the control thread has read.
      await files.read()
      if (keyLogPath !== null) env.log.warning(`Writing TLS Key Log to ${JSON.stringify(env.resolvePath(keyLogPath))}`)
      if (!env.block.keys.some(key => key.startsWith('tls://'))) {
        env.log.warning(
          `No key of the server block at ${env.block.position} starts with tls://: nothing is served with the certificate`,
        )
      }
    })
    let newTickets: NodeJS.Timeout | undefined
    env.onServing(() => {
      if (!env.threads.isControl) return
      files.start()
      newTickets = setInterval(() => channel.send(materialOf(terms.material!.texts)), TICKET_LIFE_MS).unref()
    })
    env.onShutdown(() => {
      files.stop()
      clearInterval(newTickets)
      keyLog?.close()
    })
    return null
  },
})
