/** Whether a client has to show a certificate, and which, in the words of Go's `tls.ClientAuthType` and of the plugin `tls`. */
export type ClientAuth =
  /** None is asked for. */
  | 'nocert'
  /** One is asked for; neither its absence nor what it is matters. */
  | 'request'
  /** One is needed, whoever has signed it. */
  | 'require'
  /** None is needed; one that is shown has to be signed by an authority. */
  | 'verify_if_given'
  /** One is needed that an authority has signed. */
  | 'require_and_verify'

/** What a TLS listener shows its clients and asks of them. */
export interface TlsTerms {
  /** The chain of certificates, the server's own first; PEM. */
  readonly certificate: string
  /** The private key of the first; PEM. */
  readonly key: string
  /** The authorities that certificates of clients are held against; PEM, or `null` for the public ones that Node knows. */
  readonly authorities: string | null
  readonly clientAuth: ClientAuth
  /** 48 octets that session tickets are made with: what one listener gives out, all with the same octets accept (RFC 8446 section 2.2). */
  readonly ticketKeys: Uint8Array
  /** Is given each secret of a session as a line of NSS's key log format; `null` for nobody. */
  readonly onSecret: ((line: Uint8Array) => void) | null
}

/** Where listeners find the terms in force. */
export interface TlsTermsSource {
  /** Another object after each change; what it says holds for connections that are opened from then on. */
  readonly terms: TlsTerms
}
