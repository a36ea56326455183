import { DROPPED, failure, reply } from '#plugin/reply.ts'
import { NODATA, NXDOMAIN, S, SOA, suite, Z } from '#test/support/kubernetes.ts'
import type { PluginTestOptions } from '#test/support/plugin.ts'
import { rr } from '#test/support/plugin.ts'
import { Flag, Rcode } from '#wire/constants.ts'
import { formatName } from '#wire/name.ts'

suite('services', '', [
  ['a service has its address', `svc1.${S}`, 'A', ['NOERROR aa', `answer svc1.${S} 5 IN A 10.0.0.1`]],
  [
    'the owner keeps the letter case of the query',
    'SvC1.TestNS.svc.cLuStEr.LoCaL.',
    'A',
    ['NOERROR aa', 'answer SvC1.TestNS.svc.cLuStEr.LoCaL. 5 IN A 10.0.0.1'],
  ],
  ['a family without addresses is NODATA', `svc1.${S}`, 'AAAA', NODATA],
  [
    'the SOA of a negative answer keeps the letter case of the zone',
    'svc1.testns.svc.Cluster.Local.',
    'AAAA',
    ['NOERROR aa', SOA('Cluster.Local.')],
  ],
  ['dual stack has both families', `dual.${S}`, 'AAAA', ['NOERROR aa', `answer dual.${S} 5 IN AAAA 1234:abcd::1`]],
  [
    'a port and protocol have the cluster address',
    `_http._tcp.svc1.${S}`,
    'A',
    ['NOERROR aa', `answer _http._tcp.svc1.${S} 5 IN A 10.0.0.1`],
  ],
  ['a port that does not exist is NXDOMAIN', `_ftp._tcp.svc1.${S}`, 'A', NXDOMAIN],
  ['a port with the wrong protocol is NXDOMAIN', `_http._udp.svc1.${S}`, 'SRV', NXDOMAIN],
  ['the name between a port and its service exists', `_tcp.svc1.${S}`, 'A', NODATA],
  ['a protocol without ports does not exist', `_sctp.svc1.${S}`, 'A', NXDOMAIN],
  [
    'an endpoint of a service with an address resolves',
    `ep1a.svc1.${S}`,
    'A',
    ['NOERROR aa', `answer ep1a.svc1.${S} 5 IN A 172.0.0.1`],
  ],
  [
    'an endpoint without hostname goes by its address',
    `172-0-0-2.svc1.${S}`,
    'A',
    ['NOERROR aa', `answer 172-0-0-2.svc1.${S} 5 IN A 172.0.0.2`],
  ],
  ['pod names are no endpoint names by default', `pod-2.svc1.${S}`, 'A', NXDOMAIN],
  ['a service that does not exist is NXDOMAIN', `nope.${S}`, 'A', NXDOMAIN],
  ['a namespace is NODATA', S, 'A', NODATA],
  ['a namespace that is only declared is NODATA', `bare.svc.${Z}`, 'A', NODATA],
  ['a namespace that does not exist is NXDOMAIN', `nope.svc.${Z}`, 'A', NXDOMAIN],
  ['svc is NODATA', `svc.${Z}`, 'A', NODATA],
  ['pod is NODATA', `pod.${Z}`, 'A', NODATA],
  ['a kind that does not exist is NXDOMAIN', `svc1.testns.nope.${Z}`, 'A', NXDOMAIN],
  ['there are no wildcards', `*.${S}`, 'A', NXDOMAIN],
  ['any is an ordinary label', `any.${S}`, 'A', NXDOMAIN],
  ['too many labels are NXDOMAIN', `a.b.c.svc1.${S}`, 'A', NXDOMAIN],
  [
    'a service without endpoints answers all the same',
    `empty.${S}`,
    'A',
    ['NOERROR aa', `answer empty.${S} 5 IN A 10.0.0.2`],
  ],
  ['other types of a name that exists are NODATA', `svc1.${S}`, 'HTTPS', NODATA],
  ['ANY of a name that exists is NODATA', `svc1.${S}`, 'ANY', NODATA],
  ['other types of a name that does not exist are NXDOMAIN', `nope.${S}`, 'HINFO', NXDOMAIN],
  ['MX of a name that exists is NODATA', `svc1.${S}`, 'MX', NODATA],
  ['MX of a name that does not exist is NXDOMAIN', `nope.${S}`, 'MX', NXDOMAIN],
  ['a transfer is refused', Z, 'AXFR', ['REFUSED bare']],
])

suite('headless services', '', [
  [
    'every ready endpoint has an address, once',
    `hdls.${S}`,
    'A',
    [
      'NOERROR aa',
      `answer hdls.${S} 5 IN A 172.0.1.1`,
      `answer hdls.${S} 5 IN A 172.0.1.2`,
      `answer hdls.${S} 5 IN A 172.0.1.3`,
    ],
  ],
  ['the other family is there too', `hdls.${S}`, 'AAAA', ['NOERROR aa', `answer hdls.${S} 5 IN AAAA 5678:abcd::`]],
  [
    'a shared hostname has all addresses',
    `dup.hdls.${S}`,
    'A',
    ['NOERROR aa', `answer dup.hdls.${S} 5 IN A 172.0.1.1`, `answer dup.hdls.${S} 5 IN A 172.0.1.2`],
  ],
  [
    'an IPv6 endpoint name does not end in a dash',
    `5678-abcd--0.hdls.${S}`,
    'AAAA',
    ['NOERROR aa', `answer 5678-abcd--0.hdls.${S} 5 IN AAAA 5678:abcd::`],
  ],
  ['an endpoint that is not ready is NXDOMAIN', `172-0-1-4.hdls.${S}`, 'A', NXDOMAIN],
  ['a service without ready endpoints is NXDOMAIN', `hdls-empty.${S}`, 'A', NXDOMAIN],
  ['without ports there is no SRV record', `portless.${S}`, 'SRV', NODATA],
  ['without ports there are addresses', `portless.${S}`, 'A', ['NOERROR aa', `answer portless.${S} 5 IN A 172.0.2.1`]],
])

suite('SRV', '', [
  [
    'a port leads to the service',
    `_http._tcp.svc1.${S}`,
    'SRV',
    ['NOERROR aa', `answer _http._tcp.svc1.${S} 5 IN SRV 0 100 80 svc1.${S}`, `additional svc1.${S} 5 IN A 10.0.0.1`],
  ],
  [
    'underscores may be left out',
    `http.tcp.svc1.${S}`,
    'SRV',
    ['NOERROR aa', `answer http.tcp.svc1.${S} 5 IN SRV 0 100 80 svc1.${S}`, `additional svc1.${S} 5 IN A 10.0.0.1`],
  ],
  [
    'the bare name lists all ports, the weight shared among them',
    `svc1.${S}`,
    'SRV',
    [
      'NOERROR aa',
      `answer svc1.${S} 5 IN SRV 0 50 80 svc1.${S}`,
      `answer svc1.${S} 5 IN SRV 0 50 53 svc1.${S}`,
      `additional svc1.${S} 5 IN A 10.0.0.1`,
    ],
  ],
  [
    'dual stack halves the weight of its one record',
    `_http._tcp.dual.${S}`,
    'SRV',
    [
      'NOERROR aa',
      `answer _http._tcp.dual.${S} 5 IN SRV 0 50 80 dual.${S}`,
      `additional dual.${S} 5 IN A 10.0.0.3`,
      `additional dual.${S} 5 IN AAAA 1234:abcd::1`,
    ],
  ],
  [
    'headless: one record an endpoint name, weights of all addresses',
    `_https._tcp.hdls.${S}`,
    'SRV',
    [
      'NOERROR aa',
      `answer _https._tcp.hdls.${S} 5 IN SRV 0 33 443 dup.hdls.${S}`,
      `answer _https._tcp.hdls.${S} 5 IN SRV 0 33 443 172-0-1-3.hdls.${S}`,
      `additional dup.hdls.${S} 5 IN A 172.0.1.1`,
      `additional dup.hdls.${S} 5 IN A 172.0.1.2`,
      `additional 172-0-1-3.hdls.${S} 5 IN A 172.0.1.3`,
    ],
  ],
  [
    'targets end in the letter case of the query',
    '_dns._udp.SVC1.testns.svc.Cluster.local.',
    'SRV',
    [
      'NOERROR aa',
      'answer _dns._udp.SVC1.testns.svc.Cluster.local. 5 IN SRV 0 100 53 svc1.testns.svc.Cluster.local.',
      'additional svc1.testns.svc.Cluster.local. 5 IN A 10.0.0.1',
    ],
  ],
  ['an ExternalName service has none', `external.${S}`, 'SRV', NODATA],
])

const UPSTREAM: PluginTestOptions = {
  next(query) {
    if (formatName(query.name) !== 'ext.interwebs.test.') return failure(Rcode.SERVFAIL, new Error('unexpected'))
    return Promise.resolve(
      reply('forward', { flags: Flag.RA | Flag.TC, answer: [rr('ext.interwebs.test. 5 IN A 1.2.3.4')] }),
    )
  },
}

suite(
  'ExternalName',
  '',
  [
    [
      'CNAME is the name outside',
      `external.${S}`,
      'CNAME',
      ['NOERROR aa', `answer external.${S} 5 IN CNAME ext.interwebs.test.`],
    ],
    [
      'an address comes with the target, truncation told',
      `external.${S}`,
      'A',
      [
        'NOERROR aa tc',
        `answer external.${S} 5 IN CNAME ext.interwebs.test.`,
        'answer ext.interwebs.test. 5 IN A 1.2.3.4',
      ],
    ],
    [
      'a target in the zone is looked up here',
      `inside.${S}`,
      'A',
      ['NOERROR aa', `answer inside.${S} 5 IN CNAME SVC1.${S}`, `answer SVC1.${S} 5 IN A 10.0.0.1`],
    ],
    [
      'a chain in the zone is followed',
      `twice.${S}`,
      'A',
      [
        'NOERROR aa',
        `answer twice.${S} 5 IN CNAME inside.${S}`,
        `answer inside.${S} 5 IN CNAME SVC1.${S}`,
        `answer SVC1.${S} 5 IN A 10.0.0.1`,
      ],
    ],
    ['a target in the zone without the family is NODATA', `inside.${S}`, 'AAAA', NODATA],
    ['a target that does not exist in the zone is NODATA', `dangling.${S}`, 'A', NODATA],
    ['a target that is the name itself is NODATA', `self.${S}`, 'A', NODATA],
    ['a target below the name is NODATA', `below.${S}`, 'A', NODATA],
    ['a loop is NODATA', `loop-a.${S}`, 'A', NODATA],
    ['a target that is an address is NXDOMAIN', `external-ip.${S}`, 'A', NXDOMAIN],
    ['an endpoint label is NXDOMAIN', `x.external.${S}`, 'A', NXDOMAIN],
    ['a port is NXDOMAIN', `_http._tcp.external.${S}`, 'A', NXDOMAIN],
    ['other types are NODATA', `external.${S}`, 'TXT', NODATA],
    ['CNAME of a service with an address is NODATA', `svc1.${S}`, 'CNAME', NODATA],
    ['CNAME of a name that does not exist is NXDOMAIN', `nope.${S}`, 'CNAME', NXDOMAIN],
  ],
  UPSTREAM,
)

suite('ExternalName, when the lookup is dropped', '', [['there is no answer to give', `external.${S}`, 'A', NODATA]], {
  next: () => DROPPED,
})

suite('reverse names', '', [
  [
    'a cluster address points to its service',
    '1.0.0.10.in-addr.arpa.',
    'PTR',
    ['NOERROR aa', `answer 1.0.0.10.in-addr.arpa. 5 IN PTR svc1.${S}`],
  ],
  [
    'IPv6 too',
    `1.${'0.'.repeat(23)}d.c.b.a.4.3.2.1.ip6.arpa.`,
    'PTR',
    ['NOERROR aa', `answer 1.${'0.'.repeat(23)}d.c.b.a.4.3.2.1.ip6.arpa. 5 IN PTR dual.${S}`],
  ],
  [
    'an endpoint address points to the endpoint',
    '1.1.0.172.in-addr.arpa.',
    'PTR',
    ['NOERROR aa', `answer 1.1.0.172.in-addr.arpa. 5 IN PTR dup.hdls.${S}`],
  ],
  [
    'endpoints of services with an address have one too',
    '2.0.0.172.in-addr.arpa.',
    'PTR',
    ['NOERROR aa', `answer 2.0.0.172.in-addr.arpa. 5 IN PTR 172-0-0-2.svc1.${S}`],
  ],
  ['pods have none', '1.0.240.10.in-addr.arpa.', 'PTR', ['NXDOMAIN aa', SOA('in-addr.arpa.')]],
  ['an unknown address is NXDOMAIN', '9.9.9.9.in-addr.arpa.', 'PTR', ['NXDOMAIN aa', SOA('in-addr.arpa.')]],
  ['other types of a known address are NODATA', '1.0.0.10.in-addr.arpa.', 'A', ['NOERROR aa', SOA('in-addr.arpa.')]],
  ['part of an address is NXDOMAIN', '0.0.10.in-addr.arpa.', 'PTR', ['NXDOMAIN aa', SOA('in-addr.arpa.')]],
  [
    'services are not found in a reverse zone',
    'svc1.testns.svc.in-addr.arpa.',
    'A',
    ['NXDOMAIN aa', SOA('in-addr.arpa.')],
  ],
  ['the apex of a reverse zone is NODATA', 'in-addr.arpa.', 'A', ['NOERROR aa', SOA('in-addr.arpa.')]],
  ['PTR of a name that exists is NODATA', `svc1.${S}`, 'PTR', NODATA],
  ['PTR of a name that does not exist is NXDOMAIN', `nope.${S}`, 'PTR', NXDOMAIN],
])

suite('apex', 'ttl 600', [
  [
    'the SOA record lives 300 seconds at most',
    'Cluster.local.',
    'SOA',
    [
      'NOERROR aa',
      'answer Cluster.local. 300 IN SOA ns.dns.Cluster.local. hostmaster.Cluster.local. 1767225600 7200 1800 86400 600',
    ],
  ],
  [
    'dns-version is the schema',
    `dns-version.${Z}`,
    'TXT',
    ['NOERROR aa', `answer dns-version.${Z} 28800 IN TXT "1.1.0"`],
  ],
  ['services have the configured time to live', `svc1.${S}`, 'A', ['NOERROR aa', `answer svc1.${S} 600 IN A 10.0.0.1`]],
])

suite('empty names', '', [
  ['SOA below the apex is NODATA when the name exists', `svc1.${S}`, 'SOA', NODATA],
  ['SOA of a name that does not exist is NXDOMAIN', `nope.${S}`, 'SOA', NXDOMAIN],
  ['NS below the apex is NODATA when the name exists', `svc1.${S}`, 'NS', NODATA],
  ['TXT of the apex is NODATA', Z, 'TXT', NODATA],
  ['TXT of svc is NODATA', `svc.${Z}`, 'TXT', NODATA],
  ['TXT of a namespace is NODATA', S, 'TXT', NODATA],
  ['TXT of a service is NODATA', `svc1.${S}`, 'TXT', NODATA],
  ['TXT of a name that does not exist is NXDOMAIN', `nope.${S}`, 'TXT', NXDOMAIN],
  ['other types of dns-version are NODATA', `dns-version.${Z}`, 'A', NODATA],
  ['dns exists, as ns.dns does', `dns.${Z}`, 'A', NODATA],
  ['other names below dns do not', `x.dns.${Z}`, 'A', NXDOMAIN],
  ['other types of ns.dns are NODATA', `ns.dns.${Z}`, 'TXT', NODATA],
])

suite(
  'zones that are whole addresses, as keys like 10.0.0.0/25 make them',
  'fallthrough 9.0.0.10.in-addr.arpa',
  [
    [
      'the apex points to the service',
      '1.0.0.10.in-addr.arpa.',
      'PTR',
      ['NOERROR aa', `answer 1.0.0.10.in-addr.arpa. 5 IN PTR svc1.${S}`],
    ],
    [
      'an address that nothing has is NODATA',
      '8.0.0.10.in-addr.arpa.',
      'PTR',
      ['NOERROR aa', SOA('8.0.0.10.in-addr.arpa.')],
    ],
    ['or passes on', '9.0.0.10.in-addr.arpa.', 'PTR', ['SERVFAIL bare']],
    ['other types are NODATA', '1.0.0.10.in-addr.arpa.', 'A', ['NOERROR aa', SOA('1.0.0.10.in-addr.arpa.')]],
  ],
  { zones: 'cluster.local 1.0.0.10.in-addr.arpa 8.0.0.10.in-addr.arpa 9.0.0.10.in-addr.arpa' },
)
