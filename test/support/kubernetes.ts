import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { kubernetes } from '#plugins/kubernetes/index.ts'
import type { PluginTestOptions, PluginUnderTest } from '#test/support/plugin.ts'
import { buildPlugin, makeQuery, showReply } from '#test/support/plugin.ts'

/** A small cluster with one object for each rule that a name can follow. */
const MANIFEST: string = `
{ apiVersion: v1, kind: Service, metadata: { name: svc1, namespace: testns },
  spec: { clusterIP: 10.0.0.1, ports: [{ name: http, port: 80 }, { name: dns, protocol: UDP, port: 53 }] } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: svc1-a, namespace: testns, labels: { kubernetes.io/service-name: svc1 } }, addressType: IPv4,
  ports: [{ name: http, port: 8080 }],
  endpoints: [{ addresses: [172.0.0.1], hostname: ep1a }, { addresses: [172.0.0.2], targetRef: { name: pod-2 } }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: empty, namespace: testns },
  spec: { clusterIP: 10.0.0.2, ports: [{ port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: dual, namespace: testns },
  spec: { clusterIPs: [10.0.0.3, "1234:abcd::1"], ports: [{ name: http, port: 80 }] } }
---
{ apiVersion: v1, kind: Service, metadata: { name: hdls, namespace: testns }, spec: { clusterIP: None } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: hdls-a, namespace: testns, labels: { kubernetes.io/service-name: hdls } }, addressType: IPv4,
  ports: [{ name: http, port: 80 }, { name: https, port: 443 }],
  endpoints: [{ addresses: [172.0.1.1], hostname: dup, zone: Eu-1a }, { addresses: [172.0.1.2], hostname: dup, zone: eu-1b },
              { addresses: [172.0.1.3], zone: eu-1a }, { addresses: [172.0.1.4], conditions: { ready: false } }] }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: hdls-b, namespace: testns, labels: { kubernetes.io/service-name: hdls } }, addressType: IPv6,
  ports: [{ name: http, port: 80 }], endpoints: [{ addresses: ["5678:abcd::"], zone: rack.row }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: portless, namespace: testns }, spec: { clusterIP: None } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: portless, namespace: testns, labels: { kubernetes.io/service-name: portless } }, addressType: IPv4,
  endpoints: [{ addresses: [172.0.2.1] }] }
---
{ apiVersion: v1, kind: Service, metadata: { name: hdls-empty, namespace: testns }, spec: { clusterIP: None } }
---
{ apiVersion: v1, kind: Service, metadata: { name: external, namespace: testns },
  spec: { type: ExternalName, externalName: ext.interwebs.test } }
---
{ apiVersion: v1, kind: Service, metadata: { name: external-ip, namespace: testns },
  spec: { type: ExternalName, externalName: 10.1.2.3 } }
---
{ apiVersion: v1, kind: Service, metadata: { name: inside, namespace: testns },
  spec: { type: ExternalName, externalName: SVC1.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Service, metadata: { name: twice, namespace: testns },
  spec: { type: ExternalName, externalName: inside.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Service, metadata: { name: dangling, namespace: testns },
  spec: { type: ExternalName, externalName: nope.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Service, metadata: { name: self, namespace: testns },
  spec: { type: ExternalName, externalName: self.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Service, metadata: { name: below, namespace: testns },
  spec: { type: ExternalName, externalName: x.below.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Service, metadata: { name: loop-a, namespace: testns },
  spec: { type: ExternalName, externalName: loop-b.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Service, metadata: { name: loop-b, namespace: testns },
  spec: { type: ExternalName, externalName: loop-a.testns.svc.cluster.local } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: pod-1, namespace: podns, labels: { app: web } }, status: { podIP: 10.240.0.1 } }
---
{ apiVersion: v1, kind: Pod, metadata: { name: gone, namespace: podns }, status: { podIP: 10.240.0.9, phase: Failed } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: bare, labels: { team: a } } }
---
{ apiVersion: v1, kind: Service, metadata: { name: svc1, namespace: hidden, labels: { expose: "yes" } },
  spec: { clusterIP: 10.0.9.1, ports: [{ port: 80 }] } }
`

/** What other clusters have exported to the small cluster. */
const IMPORTS = `
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: web, namespace: testns },
  spec: { type: ClusterSetIP, ips: [10.42.0.1], ports: [{ name: http, port: 80 }, { name: dns, protocol: UDP, port: 53 }] } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: web-east, namespace: testns, labels: { multicluster.kubernetes.io/service-name: web,
                                                           multicluster.kubernetes.io/source-cluster: east } },
  addressType: IPv4, ports: [{ name: http, port: 8080 }],
  endpoints: [{ addresses: [172.16.3.1], targetRef: { name: web-pod } }] }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: both, namespace: testns },
  spec: { type: ClusterSetIP, ips: [10.42.0.3, "fd42::3"], ports: [{ name: http, port: 80 }] } }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: idle, namespace: testns },
  spec: { type: ClusterSetIP, ips: [10.42.0.2], ports: [{ port: 80 }] } }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: pending, namespace: testns },
  spec: { type: ClusterSetIP, ports: [{ port: 80 }] } }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: no-ports, namespace: testns },
  spec: { type: ClusterSetIP, ips: [10.42.0.4] } }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: db, namespace: testns, labels: { team: a } },
  spec: { type: Headless, ports: [{ name: sql, port: 5432 }] } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: db-east, namespace: testns, labels: { multicluster.kubernetes.io/service-name: db, expose: "yes",
                                                          multicluster.kubernetes.io/source-cluster: east } },
  addressType: IPv4, ports: [{ name: sql, port: 5432 }],
  endpoints: [{ addresses: [172.16.1.1], hostname: db-0 }, { addresses: [172.16.1.2] },
              { addresses: [172.16.1.9], conditions: { ready: false } }] }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: db-west, namespace: testns, labels: { multicluster.kubernetes.io/service-name: db,
                                                          multicluster.kubernetes.io/source-cluster: West } },
  addressType: IPv6, ports: [{ name: sql, port: 5432 }], endpoints: [{ addresses: ["fd42::1:1"], hostname: db-0 }] }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: db-empty, namespace: testns },
  spec: { type: Headless, ports: [{ name: sql, port: 5432 }] } }
---
{ apiVersion: multicluster.x-k8s.io/v1alpha1, kind: ServiceImport, metadata: { name: lone, namespace: testns },
  spec: { type: Headless, ports: [{ name: sql, port: 5432 }] } }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: lone, namespace: testns, labels: { multicluster.kubernetes.io/service-name: lone } },
  addressType: IPv4, ports: [{ name: sql, port: 5432 }], endpoints: [{ addresses: [172.16.4.1], hostname: db-0 }] }
---
{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice,
  metadata: { name: orphan, namespace: testns, labels: { multicluster.kubernetes.io/service-name: orphan,
                                                         multicluster.kubernetes.io/source-cluster: east } },
  addressType: IPv4, endpoints: [{ addresses: [172.16.5.1] }] }
`

/** The zone of the tests. */
export const Z = 'cluster.local.'
/** The namespace that most services are in. */
export const S: string = `testns.svc.${Z}`
/** The line of the zone's SOA record. */
export const SOA = (zone: string = Z): string =>
  `authority ${zone} 5 IN SOA ns.dns.${zone} hostmaster.${zone} 1767225600 7200 1800 86400 5`
/** A name that does not exist. */
export const NXDOMAIN: readonly string[] = ['NXDOMAIN aa', SOA()]
/** A name without records of the type. */
export const NODATA: readonly string[] = ['NOERROR aa', SOA()]

/** Tests the plugin over the small cluster, with more `lines` in its block; each row is a rule, a question and the lines of its answer. */
export function suite(
  title: string,
  lines: string,
  rows: readonly [rule: string, name: string, type: string, reply: readonly string[]][],
  options: PluginTestOptions & { zones?: string } = {},
): void {
  describe(title, () => {
    let plugin: PluginUnderTest
    let directory = ''
    before(async () => {
      directory = clusterDirectory()
      const zones = options.zones ?? 'cluster.local in-addr.arpa ip6.arpa'
      const text = `kubernetes ${zones} {\nmanifests ${directory}\n${lines}\n}`
      plugin = buildPlugin(kubernetes, text, options)
      await plugin.instance.hooks.run('startup')
    })
    after(async () => {
      await plugin.instance.hooks.run('shutdown')
      rmSync(directory, { recursive: true })
    })
    for (const [rule, name, type, expected] of rows) {
      it(`${rule}: ${name} ${type}`, async () => {
        assert.deepEqual(showReply(await plugin.handler(makeQuery(name, type))).split('\n'), expected)
      })
    }
  })
}

/** A new directory with the small cluster as its one manifest; the caller removes it. */
export function clusterDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-kubernetes-'))
  writeFileSync(join(directory, 'cluster.yaml'), MANIFEST + IMPORTS)
  return directory
}
