import type { Directive, Line } from '#corefile/directive.ts'
import { closest } from '#corefile/suggest.ts'
import type { ClientAuth } from '#lib/tls-terms.ts'
import type { TlsSettings } from '#plugin/env.ts'

const CLIENT_AUTHS: readonly ClientAuth[] = ['nocert', 'request', 'require', 'verify_if_given', 'require_and_verify']

/** Reads `tls CERT KEY [CA]` and its block. */
export function parseTls(directive: Directive, previous: TlsSettings | undefined): TlsSettings {
  if (previous !== undefined) directive.fail('TLS already configured for this server instance')
  const certificate = directive.optional()
  if (certificate === undefined) {
    const hint = "write 'tls CERT KEY' with the paths of the files"
    directive.fail('certificates from an ACME server are not part of this version', directive.name, hint)
  }
  const key = directive.required()
  const authorities = directive.optional()
  const readers = {
    client_auth: (line: Line) => line.one().oneOf('authentication type', CLIENT_AUTHS),
    keylog: (line: Line) => line.one().text,
  }
  const options = directive.block(readers, ({ name }) => {
    const near = closest(name.text, Object.keys(readers))
    directive.fail(`unknown option '${name.text}'`, name, near === undefined ? '' : `did you mean '${near}'?`)
  })
  return Object.freeze({
    certificatePath: certificate.text,
    keyPath: key.text,
    authoritiesPath: authorities?.text ?? null,
    clientAuth: options.client_auth ?? 'nocert',
    keyLogPath: options.keylog ?? null,
  })
}
