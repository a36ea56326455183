import { readText } from '#test/support/source.ts'

/** A key and its certificate, as PEM texts. */
export interface KeyPair {
  readonly key: string
  readonly cert: string
}

/** The certificates of the tests; see test/fixtures/tls/README.md. */
export const certificates: {
  readonly ca: string
  /** An authority that has signed nothing but `otherServer`. */
  readonly otherCa: string
  readonly server: KeyPair
  readonly client: KeyPair
  readonly otherServer: KeyPair
} = {
  ca: readText('test/fixtures/tls/ca.crt'),
  otherCa: readText('test/fixtures/tls/other-ca.crt'),
  server: keyPair('server'),
  client: keyPair('client'),
  otherServer: keyPair('other-server'),
}

function keyPair(name: string): KeyPair {
  return { key: readText(`test/fixtures/tls/${name}.key`), cert: readText(`test/fixtures/tls/${name}.crt`) }
}
