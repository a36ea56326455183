import type { TLSSocket } from 'node:tls'
import type { ClientAuth } from '#lib/tls-terms.ts'

/** Whether certificates are asked for, and whether the handshake fails without one. */
export interface CertificateRequest {
  readonly requestCert: boolean
  readonly rejectUnauthorized: boolean
}

/** What the handshake has to ask for. */
export function certificateRequest(clientAuth: ClientAuth): CertificateRequest {
  return { requestCert: clientAuth !== 'nocert', rejectUnauthorized: clientAuth === 'require_and_verify' }
}

/** Whether a client that is through the handshake has shown what is asked for. */
export function isAccepted(socket: TLSSocket, clientAuth: ClientAuth): boolean {
  switch (clientAuth) {
    case 'nocert':
    case 'request':
      return true
    case 'require':
      return hasCertificate(socket)
    case 'verify_if_given':
      return socket.authorized || !hasCertificate(socket)
    case 'require_and_verify':
      return socket.authorized
  }
}

function hasCertificate(socket: TLSSocket): boolean {
  return socket.getPeerX509Certificate() !== undefined
}
