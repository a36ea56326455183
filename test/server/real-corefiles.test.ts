import assert from 'node:assert/strict'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { plugins } from '#plugins/order.ts'
import { checkCorefile } from '#server/check.ts'
import { bootServer } from '#test/support/server.ts'
import { startZoneUpstream } from '#test/support/zone-upstream.ts'
import { addressText, targetOf } from '#wire/build.ts'
import { Rcode } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

/** Corefiles as they are found in clusters, with the line `manifests` where each would find the API of its cluster. */
const corefiles: readonly (readonly [origin: string, text: string])[] = [
  [
    'the documentation of the kubernetes plugin',
    `.:53 {
    errors
    log
    health
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests examples/cluster
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    forward . /etc/resolv.conf {
        max_concurrent 1000
    }
    cache 30
    reload
}
`,
  ],
  [
    'kubeadm',
    `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       manifests examples/cluster
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success cluster.local
       disable denial cluster.local
    }
    loop
    reload
    loadbalance
}
`,
  ],
  [
    'the deployment repository',
    `.:53 {
    errors
    health {
      lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      manifests examples/cluster
      fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf {
      max_concurrent 1000
    }
    cache 30
    loop
    reload
    loadbalance
}
`,
  ],
  [
    'the Helm chart',
    `.:53 {
    errors
    health {
        lameduck 10s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests examples/cluster
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
        ttl 30
    }
    prometheus 0.0.0.0:9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
`,
  ],
  [
    'a cluster with a stub domain',
    `.:53 {
    errors
    health
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests examples/cluster
        pods insecure
        fallthrough in-addr.arpa ip6.arpa
    }
    prometheus :9153
    forward . /etc/resolv.conf
    cache 30
    loop
    reload
    loadbalance
}
consul.local:53 {
    errors
    cache 30
    forward . 10.150.0.1
}
import /etc/coredns/custom/*.server
`,
  ],
]

for (const [origin, text] of corefiles) {
  describe(`the Corefile of ${origin}`, () => {
    it('passes the check as it is', () => assert.deepEqual(checkCorefile(text, 'Corefile', plugins), []))

    it('serves the cluster and what is outside of it', async t => {
      const upstream = await startZoneUpstream([
        'www.example. 300 IN A 192.0.2.1',
        '8.8.8.8.in-addr.arpa. 300 IN PTR dns.example.',
      ])
      t.after(() => upstream.close())
      const server = await bootServer(onLoopback(text, upstream.address))
      const ask = async (name: string, type: string) => {
        const { rcode, answer } = await server.ask(name, type)
        return { rcode, answer }
      }
      try {
        const service = await ask('my-service.default.svc.cluster.local', 'A')
        assert.deepEqual(service.answer.map(addressText), ['10.96.123.45'])
        const reverse = await ask('10.0.96.10.in-addr.arpa', 'PTR')
        assert.deepEqual(
          reverse.answer.map(record => formatName(targetOf(record))),
          ['kube-dns.kube-system.svc.cluster.local.'],
        )
        assert.equal((await ask('nope.default.svc.cluster.local', 'A')).rcode, Rcode.NXDOMAIN)
        const pod = await ask('10-244-3-10.default.pod.cluster.local', 'A')
        assert.equal(pod.rcode, text.includes('pods insecure') ? Rcode.NOERROR : Rcode.NXDOMAIN)
        assert.deepEqual((await ask('www.example', 'A')).answer.map(addressText), ['192.0.2.1'])
        assert.equal((await ask('8.8.8.8.in-addr.arpa', 'PTR')).answer.length, 1, 'foreign addresses fall through')
      } finally {
        assert.equal(await server.close(), 0)
      }
    })
  })
}

/** The same with free ports on loopback, a resolver of the test's own, and no wait at the end. */
function onLoopback(text: string, upstream: string): string {
  return text
    .replaceAll(/^(\S+):53 \{/gm, '$1 {\n    bind 127.0.0.1')
    .replaceAll('/etc/resolv.conf', upstream)
    .replaceAll('examples/cluster', resolve('examples/cluster'))
    .replaceAll(/\b(health|ready)$/gm, '$1 127.0.0.1:0')
    .replaceAll(/\bhealth \{/g, 'health 127.0.0.1:0 {')
    .replaceAll(/\bprometheus \S*:9153/g, 'prometheus 127.0.0.1:0')
    .replaceAll(/lameduck \d+s/g, 'lameduck 10ms')
}
