/** Every series of CoreDNS 1.14.7 whose name begins with `coredns_`: its kind and its labels, in alphabetical order. */
export const COREDNS_METRICS: ReadonlyMap<string, { readonly kind: string; readonly labels: string }> = new Map(
  `
dns_requests_total counter family,proto,server,type,view,zone
dns_request_duration_seconds histogram server,view,zone
dns_request_size_bytes histogram proto,server,view,zone
dns_response_size_bytes histogram proto,server,view,zone
dns_do_requests_total counter server,view,zone
dns_responses_total counter plugin,rcode,server,view,zone
dns_https_responses_total counter server,status
dns_https3_responses_total counter server,status
dns_quic_responses_total counter server,status
panics_total counter
plugin_enabled gauge name,server,view,zone
build_info gauge goversion,revision,version
acl_blocked_requests_total counter server,view,zone
acl_filtered_requests_total counter server,view,zone
acl_dropped_requests_total counter server,view,zone
acl_allowed_requests_total counter server,view
autopath_success_total counter server
cache_entries gauge server,type,view,zones
cache_hits_total counter server,type,view,zones
cache_evictions_total counter server,type,view,zones
cache_requests_total counter server,view,zones
cache_misses_total counter server,view,zones
cache_prefetch_total counter server,view,zones
cache_drops_total counter server,view,zones
cache_served_stale_total counter server,view,zones
dns64_requests_translated_total counter server
dnssec_cache_entries gauge server,type
dnssec_cache_hits_total counter server
dnssec_cache_misses_total counter server
forward_healthcheck_broken_total counter
forward_max_concurrent_rejects_total counter
proxy_request_duration_seconds histogram proxy_name,rcode,to
proxy_healthcheck_failures_total counter proxy_name,to
proxy_conn_cache_hits_total counter proto,proxy_name,to
proxy_conn_cache_misses_total counter proto,proxy_name,to
grpc_requests_total counter to
grpc_responses_total counter rcode,to
grpc_request_duration_seconds histogram to
health_request_duration_seconds histogram
health_request_failures_total counter
hosts_entries gauge hostsfile
hosts_reload_timestamp_seconds gauge
kubernetes_dns_programming_duration_seconds histogram service_kind
kubernetes_rest_client_request_duration_seconds histogram host,verb
kubernetes_rest_client_rate_limiter_duration_seconds histogram host,verb
kubernetes_rest_client_requests_total counter code,host,method
local_localhost_requests_total counter
nomad_success_requests_total counter namespace,server
nomad_failed_requests_total counter namespace,server
reload_failed_total counter
reload_version_info gauge hash,value
shed_dropped_total counter reason,server
template_matches_total counter class,server,type,view,zone
template_template_failures_total counter class,section,server,template,type,view,zone
template_rr_failures_total counter class,section,server,template,type,view,zone
`
    .trim()
    .split('\n')
    .map(line => {
      const [name, kind, labels] = line.split(' ')
      return [`coredns_${name}`, { kind: kind!, labels: labels ?? '' }]
    }),
)
