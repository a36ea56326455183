import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext } from 'node:tls'

/** Where a certificate and what belongs to it are; absolute. */
export interface CertificatePaths {
  readonly certificate: string
  readonly key: string
  /** `null` for the public authorities. */
  readonly authorities: string | null
}

/** What is there: PEM that has been found usable. */
export interface CertificateTexts {
  readonly certificate: string
  readonly key: string
  readonly authorities: string | null
  /** When the certificate begins and ceases to hold, in milliseconds since 1970. */
  readonly fromMs: number
  readonly untilMs: number
}

/** Reads a certificate, its key and the authorities. Rejects with the path and what is wrong with what is there. */
export async function readCertificateTexts(paths: CertificatePaths): Promise<CertificateTexts> {
  const certificate = await read(paths.certificate, 'could not load TLS cert')
  const key = await read(paths.key, 'could not load TLS cert')
  const authorities = paths.authorities === null ? null : await read(paths.authorities, 'could not read root certs')
  const own = attempt(
    () => new X509Certificate(certificate),
    () => `${paths.certificate} holds no certificate in PEM`,
  )
  const secret = attempt(
    () => createPrivateKey(key),
    () => `${paths.key} holds no private key in PEM without a passphrase`,
  )
  if (!own.checkPrivateKey(secret)) {
    throw new Error(`could not load TLS cert: the key in ${paths.key} is not that of ${paths.certificate}`)
  }
  if (authorities !== null && !isCertificate(authorities)) {
    throw new Error(`could not read root certs: ${paths.authorities} holds no certificate in PEM`)
  }
  attempt(
    () => createSecureContext({ cert: certificate, key, ...(authorities === null ? {} : { ca: authorities }) }),
    reason => `${paths.certificate}: ${reason}`,
  )
  return { certificate, key, authorities, fromMs: Date.parse(own.validFrom), untilMs: Date.parse(own.validTo) }
}

async function read(path: string, failure: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    throw new Error(`${failure}: open ${path}: ${reasonOf(error as NodeJS.ErrnoException)}`)
  }
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'no such file or directory'
  if (code === 'EACCES') return 'permission denied'
  return code === 'EISDIR' ? 'is a directory' : message
}

function attempt<T>(work: () => T, complaint: (reason: string) => string): T {
  try {
    return work()
  } catch (error) {
    throw new Error(`could not load TLS cert: ${complaint((error as Error).message)}`)
  }
}

function isCertificate(text: string): boolean {
  try {
    return new X509Certificate(text).raw.length > 0
  } catch {
    return false
  }
}
