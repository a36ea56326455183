/** What Go prints for the errors that binding an address gives; users know these texts from CoreDNS. */
const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'bind: address already in use',
  EADDRNOTAVAIL: 'bind: cannot assign requested address',
  EACCES: 'bind: permission denied',
  EPERM: 'bind: operation not permitted',
  EAFNOSUPPORT: 'socket: address family not supported by protocol',
  EMFILE: 'socket: too many open files',
  ENFILE: 'socket: too many open files in system',
  EINVAL: 'bind: invalid argument',
  ENODEV: 'bind: no such device',
}

/** The error of a failed bind: `listen udp :53: bind: address already in use`; `address` is `host:port`. Keeps `code`. */
export function bindError(protocol: 'udp' | 'tcp', address: string, error: unknown): Error {
  const code = errorCode(error)
  const reason = REASONS[code] ?? (code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? lookupReason(address) : String(error))
  return Object.assign(new Error(`listen ${protocol} ${address}: ${reason}`, { cause: error }), { code })
}

/** The `code` of a system error, such as `EADDRINUSE`; empty when it has none. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

function lookupReason(address: string): string {
  return `lookup ${address.slice(0, address.lastIndexOf(':'))}: no such host`
}
