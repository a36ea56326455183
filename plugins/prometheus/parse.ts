import type { Directive } from '#corefile/directive.ts'
import { readHttpAddress } from '#plugin/http-address.ts'

/** Where metrics are exported, and how many of them. */
export interface PrometheusOptions {
  /** `host:port`, the host empty for all addresses. */
  readonly address: string
  /** Whether garbage collection, heap spaces and active resources are exported too. */
  readonly runtimeMetrics: boolean
}

/** Reads `prometheus [ADDRESS] { runtime_metrics }`. */
export function parsePrometheus(directive: Directive): PrometheusOptions {
  const argument = directive.optional()
  const address = argument === undefined ? 'localhost:9153' : readHttpAddress(argument)
  const { runtime_metrics: runtimeMetrics = false } = directive.block(
    { runtime_metrics: line => line.flag() },
    line => {
      if (line.name.text === 'tls') {
        line.fail('tls is not part of this version', line.name, 'put a TLS proxy before the metrics address')
      }
      line.fail(`unknown option: ${line.name.text}`, line.name, "the only option is 'runtime_metrics'")
    },
  )
  return Object.freeze({ address, runtimeMetrics })
}
