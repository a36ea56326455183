import { randomBytes } from 'node:crypto'
import type { ClientAuth, TlsTerms, TlsTermsSource } from '#lib/tls-terms.ts'
import type { CertificateTexts } from '#plugins/tls/certificate-texts.ts'

/** What one thread needs to know of another's certificate: the same tickets are good for all. */
export interface TlsMaterial {
  readonly texts: CertificateTexts
  readonly ticketKeys: Uint8Array
}

/** Makes what is sent to all threads for a certificate that was read; its ticket keys are good for nothing from before. */
export function materialOf(texts: CertificateTexts): TlsMaterial {
  return { texts, ticketKeys: new Uint8Array(randomBytes(48)) }
}

/** The terms of one configuration in one thread, from the moment that its certificate is there. */
export class TermsInForce implements TlsTermsSource {
  readonly #clientAuth: ClientAuth
  readonly #onSecret: TlsTerms['onSecret']
  #material: TlsMaterial | null = null
  #terms: TlsTerms | null = null

  constructor(clientAuth: ClientAuth, onSecret: TlsTerms['onSecret']) {
    this.#clientAuth = clientAuth
    this.#onSecret = onSecret
  }

  /** What was adopted last; `null` for nothing. */
  get material(): TlsMaterial | null {
    return this.#material
  }

  get terms(): TlsTerms {
    if (this.#terms === null) throw new Error('the certificate has not been read yet')
    return this.#terms
  }

  adopt(material: TlsMaterial): void {
    const { texts, ticketKeys } = material
    const { certificate, key, authorities } = texts
    this.#material = material
    this.#terms = { certificate, key, authorities, clientAuth: this.#clientAuth, ticketKeys, onSecret: this.#onSecret }
  }
}
