import type { AnyPlugin } from '#plugin/define.ts'
import { any } from '#plugins/any/index.ts'
import { autopath } from '#plugins/autopath/index.ts'
import { bind } from '#plugins/bind/index.ts'
import { bufsize } from '#plugins/bufsize/index.ts'
import { cache } from '#plugins/cache/index.ts'
import { cancel } from '#plugins/cancel/index.ts'
import { chaos } from '#plugins/chaos/index.ts'
import { debug } from '#plugins/debug/index.ts'
import { erratic } from '#plugins/erratic/index.ts'
import { errors } from '#plugins/errors/index.ts'
import { forward } from '#plugins/forward/index.ts'
import { header } from '#plugins/header/index.ts'
import { health } from '#plugins/health/index.ts'
import { hosts } from '#plugins/hosts/index.ts'
import { k8sExternal } from '#plugins/k8s_external/index.ts'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import { loadbalance } from '#plugins/loadbalance/index.ts'
import { local } from '#plugins/local/index.ts'
import { log } from '#plugins/log/index.ts'
import { loop } from '#plugins/loop/index.ts'
import { metadata } from '#plugins/metadata/index.ts'
import { minimal } from '#plugins/minimal/index.ts'
import { multisocket } from '#plugins/multisocket/index.ts'
import { nsid } from '#plugins/nsid/index.ts'
import { prometheus } from '#plugins/prometheus/index.ts'
import { ready } from '#plugins/ready/index.ts'
import { reload } from '#plugins/reload/index.ts'
import { root } from '#plugins/root/index.ts'
import { tls } from '#plugins/tls/index.ts'
import { transfer } from '#plugins/transfer/index.ts'
import { whoami } from '#plugins/whoami/index.ts'

/**
 * All plugins, in the order in which they see a query: first is outermost. The order in a Corefile does not matter, this
 * one does, and it is CoreDNS's (plugin.cfg). A new plugin is one line here.
 */
export const plugins: readonly AnyPlugin[] = [
  root,
  metadata,
  cancel,
  multisocket,
  reload,
  nsid,
  bufsize,
  bind,
  debug,
  ready,
  health,
  prometheus,
  errors,
  log,
  local,
  any,
  chaos,
  loadbalance,
  autopath,
  cache,
  header,
  tls,
  minimal,
  transfer,
  hosts,
  k8sExternal,
  kubernetes,
  loop,
  forward,
  erratic,
  whoami,
]
