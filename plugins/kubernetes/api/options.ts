import type { Argument } from '#corefile/argument.ts'
import type { Line, ReadOptions } from '#corefile/directive.ts'
import { parseDurationMs } from '#lib/duration.ts'
import type { ApiLimits } from '#plugins/kubernetes/api/client.ts'
import type { SnapshotOption } from '#plugins/kubernetes/api/snapshot-keeper.ts'

/** How to follow a live cluster. With neither `endpoint` nor `kubeconfig`, this is a pod of it. */
export interface ApiOptions {
  readonly endpoint: URL | null
  /** Whether more endpoints were named than the one that is used. */
  readonly hasMoreEndpoints: boolean
  readonly tls: TlsFiles | null
  readonly kubeconfig: KubeconfigOption | null
  readonly limits: ApiLimits
  readonly startupTimeoutMs: number
  /** The file is as written. */
  readonly snapshot: SnapshotOption | null
}

/** Files in PEM, as written. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
  readonly caCertificate: string
}

/** A kubeconfig file, as written, and a context of it; empty for its current one. */
export interface KubeconfigOption {
  readonly file: string
  readonly context: string
}

const DEFAULT_STARTUP_TIMEOUT_MS = 5000
const DEFAULT_MAX_AGE_MS = 86_400_000

/** Readers of the options about the Kubernetes API. */
export const apiReaders = {
  endpoint: (line: Line): readonly URL[] => line.some().map(readUrl),
  tls: (line: Line): TlsFiles => ({
    certificate: line.required().text,
    key: line.required().text,
    caCertificate: line.one().text,
  }),
  kubeconfig: (line: Line): KubeconfigOption => ({
    file: line.required().text,
    context: line.optional()?.text ?? '',
  }),
  apiserver_qps: (line: Line): number => readLimit(line, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, 'a number'),
  apiserver_burst: (line: Line): number => readLimit(line, /^[+-]?\d+$/, 'a whole number'),
  apiserver_max_inflight: (line: Line): number => readLimit(line, /^[+-]?\d+$/, 'a whole number'),
  startup_timeout: (line: Line): number => readTimeout(line.one()),
  snapshot: (line: Line): SnapshotOption => ({
    file: line.required().text,
    maxAgeMs: line.optional()?.durationMs({ min: 1000 }) ?? DEFAULT_MAX_AGE_MS,
  }),
} as const

/** What the readers have read. */
export function apiOptions(read: ReadOptions<typeof apiReaders>): ApiOptions {
  const endpoints = read.endpoint ?? []
  return {
    endpoint: endpoints[0] ?? null,
    hasMoreEndpoints: endpoints.length > 1,
    tls: read.tls ?? null,
    kubeconfig: read.kubeconfig ?? null,
    limits: {
      perSecond: read.apiserver_qps ?? 0,
      burst: read.apiserver_burst ?? 0,
      inFlight: read.apiserver_max_inflight ?? 0,
    },
    startupTimeoutMs: read.startup_timeout ?? DEFAULT_STARTUP_TIMEOUT_MS,
    snapshot: read.snapshot ?? null,
  }
}

function readUrl(argument: Argument): URL {
  const url = URL.canParse(argument.text) ? new URL(argument.text) : null
  const isHttp = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (url !== null && isHttp && url.hostname !== '') return url
  return argument.fail(`'${argument.text}' is not the URL of an API server`, 'for example https://192.0.2.1:6443')
}

function readLimit(line: Line, form: RegExp, what: string): number {
  const argument = line.one()
  const option = line.name.text
  const value = Number(argument.text)
  if (!form.test(argument.text) || !Number.isFinite(value)) {
    argument.fail(`invalid ${option} "${argument.text}": it is not ${what}`)
  }
  return value >= 0 ? value : argument.fail(`${option} must be >= 0`)
}

function readTimeout(argument: Argument): number {
  const ms = parseDurationMs(argument.text)
  if (ms !== undefined && ms >= 0) return ms
  const hint = /^\d+$/.test(argument.text) ? `write '${argument.text}s' for seconds` : ''
  return argument.fail(`failed to parse startup_timeout: '${argument.text}' is not a duration`, hint)
}
