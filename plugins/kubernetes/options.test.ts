import { reply } from '#plugin/reply.ts'
import { NODATA, NXDOMAIN, S, SOA, suite, Z } from '#test/support/kubernetes.ts'
import type { PluginTestOptions } from '#test/support/plugin.ts'
import { rr } from '#test/support/plugin.ts'

const POD_NAMES: [string, string][] = [
  [`10-240-0-1.podns.pod.${Z}`, 'A'],
  [`10-240-0-2.podns.pod.${Z}`, 'A'],
  [`10-240-0-1.nope.pod.${Z}`, 'A'],
  [`10-240-0-1.testns.pod.${Z}`, 'A'],
  [`10-240-0-9.podns.pod.${Z}`, 'A'],
  [`podns.pod.${Z}`, 'A'],
]
const podAnswer = (name: string, ip: string): string[] => ['NOERROR aa', `answer ${name} 5 IN A ${ip}`]

suite(
  'pods disabled',
  '',
  POD_NAMES.map(([name, type]) => ['no pod name exists', name, type, NXDOMAIN]),
)

suite('pods insecure', 'pods insecure', [
  ['any address in a namespace that exists', POD_NAMES[0]![0], 'A', podAnswer(POD_NAMES[0]![0], '10.240.0.1')],
  ['also of no pod', POD_NAMES[1]![0], 'A', podAnswer(POD_NAMES[1]![0], '10.240.0.2')],
  ['not in a namespace that does not exist', POD_NAMES[2]![0], 'A', NXDOMAIN],
  ['a pod namespace is NODATA', `podns.pod.${Z}`, 'A', NODATA],
  [
    'IPv6',
    `2001-db8--1.podns.pod.${Z}`,
    'AAAA',
    ['NOERROR aa', `answer 2001-db8--1.podns.pod.${Z} 5 IN AAAA 2001:db8::1`],
  ],
  ['the other family is NODATA', `2001-db8--1.podns.pod.${Z}`, 'A', NODATA],
  ['what is no address is NXDOMAIN', `web-1.podns.pod.${Z}`, 'A', NXDOMAIN],
  [
    'labels left of the pod do not matter',
    `x.1-2-3-4.podns.pod.${Z}`,
    'A',
    ['NOERROR aa', `answer x.1-2-3-4.podns.pod.${Z} 5 IN A 1.2.3.4`],
  ],
  [
    'SRV has port 0',
    `1-2-3-4.podns.pod.${Z}`,
    'SRV',
    [
      'NOERROR aa',
      `answer 1-2-3-4.podns.pod.${Z} 5 IN SRV 0 100 0 1-2-3-4.podns.pod.${Z}`,
      `additional 1-2-3-4.podns.pod.${Z} 5 IN A 1.2.3.4`,
    ],
  ],
])

suite('pods verified', 'pods verified', [
  ['a pod of the namespace', POD_NAMES[0]![0], 'A', podAnswer(POD_NAMES[0]![0], '10.240.0.1')],
  ['not an address of no pod', POD_NAMES[1]![0], 'A', NXDOMAIN],
  ['not a pod of another namespace', POD_NAMES[3]![0], 'A', NXDOMAIN],
  ['not a pod that has ended', POD_NAMES[4]![0], 'A', NXDOMAIN],
  ['a pod namespace is NODATA', `podns.pod.${Z}`, 'A', NODATA],
])

suite('ignore empty_service', 'ignore empty_service', [
  ['a service without endpoints does not exist', `empty.${S}`, 'A', NXDOMAIN],
  ['for any type', `empty.${S}`, 'TXT', NXDOMAIN],
  ['one with endpoints does', `svc1.${S}`, 'A', ['NOERROR aa', `answer svc1.${S} 5 IN A 10.0.0.1`]],
  [
    'an ExternalName service does',
    `external.${S}`,
    'CNAME',
    ['NOERROR aa', `answer external.${S} 5 IN CNAME ext.interwebs.test.`],
  ],
])

const IN_ZONE = (name: string, ...addresses: string[]): string[] => [
  'NOERROR aa',
  ...addresses.map(address => `answer ${name} 5 IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`),
]
const A1 = `eu-1a.pin._zone.hdls.${S}`
const B1 = `eu-1b.prefer._zone.hdls.${S}`
const NONE = `eu-1c.prefer._zone.hdls.${S}`
const DOTTED = `rack.row.pin._zone.hdls.${S}`

suite('zonal', 'zonal', [
  ['pin is the endpoints in the zone', A1, 'A', IN_ZONE(A1, '172.0.1.1', '172.0.1.3')],
  ['in any letter case', A1.toUpperCase(), 'A', IN_ZONE(A1.toUpperCase(), '172.0.1.1', '172.0.1.3')],
  ['and of no other family', A1, 'AAAA', NODATA],
  ['a zone with dots is several labels', DOTTED, 'AAAA', IN_ZONE(DOTTED, '5678:abcd::')],
  ['all of them', `row.pin._zone.hdls.${S}`, 'AAAA', NODATA],
  ['and no more', `x.rack.row.pin._zone.hdls.${S}`, 'AAAA', NODATA],
  ['pin is nothing for a zone without endpoints', `eu-1c.pin._zone.hdls.${S}`, 'A', NODATA],
  ['prefer is the endpoints in the zone', B1, 'A', IN_ZONE(B1, '172.0.1.2')],
  ['prefer is all for a zone without endpoints', NONE, 'A', IN_ZONE(NONE, '172.0.1.1', '172.0.1.2', '172.0.1.3')],
  ['but not for another family', B1, 'AAAA', NODATA],
  ...['TXT', 'CNAME', 'MX', 'HTTPS', 'ANY', 'SOA'].map((type): [string, string, string, readonly string[]] => [
    'other types are NODATA',
    A1,
    type,
    NODATA,
  ]),
  [
    'SRV shares the weight among those in the zone, and names them as ever',
    A1,
    'SRV',
    [
      'NOERROR aa',
      `answer ${A1} 5 IN SRV 0 25 80 dup.hdls.${S}`,
      `answer ${A1} 5 IN SRV 0 25 443 dup.hdls.${S}`,
      `answer ${A1} 5 IN SRV 0 25 80 172-0-1-3.hdls.${S}`,
      `answer ${A1} 5 IN SRV 0 25 443 172-0-1-3.hdls.${S}`,
      `additional dup.hdls.${S} 5 IN A 172.0.1.1`,
      `additional 172-0-1-3.hdls.${S} 5 IN A 172.0.1.3`,
    ],
  ],
  ['a service without endpoints has the names too', `eu-1a.pin._zone.hdls-empty.${S}`, 'A', NODATA],
  ['also when all would do', `eu-1a.prefer._zone.hdls-empty.${S}`, 'A', NODATA],
  ['what leads to the names exists', `_zone.hdls.${S}`, 'A', NODATA],
  ['pin does', `pin._zone.hdls.${S}`, 'A', NODATA],
  ['prefer does', `prefer._zone.hdls.${S}`, 'A', NODATA],
  ['nothing else does', `eu-1a.nearest._zone.hdls.${S}`, 'A', NXDOMAIN],
  ['not with another mark', `eu-1a.pin._zones.hdls.${S}`, 'A', NXDOMAIN],
  ['a service with an address has none', `eu-1a.pin._zone.svc1.${S}`, 'A', NXDOMAIN],
  ['nor what leads to them', `_zone.svc1.${S}`, 'A', NXDOMAIN],
  ['an ExternalName service has none', `eu-1a.prefer._zone.external.${S}`, 'A', NXDOMAIN],
  ['a service that does not exist has none', `eu-1a.pin._zone.nope.${S}`, 'A', NXDOMAIN],
  ['nor has a pod', `eu-1a.pin._zone.hdls.testns.pod.${Z}`, 'A', NXDOMAIN],
])

suite('without zonal', '', [
  ['there are no names by zone', A1, 'A', NXDOMAIN],
  ['nor what leads to them', `pin._zone.hdls.${S}`, 'A', NXDOMAIN],
])

suite('zonal and namespaces', 'zonal\nnamespaces podns', [
  ['a namespace that is not listed has no names by zone', A1, 'A', NXDOMAIN],
])

suite('noendpoints', 'noendpoints', [
  ['headless services do not exist', `hdls.${S}`, 'A', NXDOMAIN],
  ['endpoint names do not exist', `ep1a.svc1.${S}`, 'A', NXDOMAIN],
  ['services with an address do', `svc1.${S}`, 'A', ['NOERROR aa', `answer svc1.${S} 5 IN A 10.0.0.1`]],
])

suite('endpoint_pod_names', 'endpoint_pod_names', [
  ['an endpoint goes by its pod', `pod-2.svc1.${S}`, 'A', ['NOERROR aa', `answer pod-2.svc1.${S} 5 IN A 172.0.0.2`]],
  ['not by its address', `172-0-0-2.svc1.${S}`, 'A', NXDOMAIN],
  ['a hostname comes first', `ep1a.svc1.${S}`, 'A', ['NOERROR aa', `answer ep1a.svc1.${S} 5 IN A 172.0.0.1`]],
])

suite('namespaces', 'namespaces testns podns', [
  ['a namespace that is listed answers', `svc1.${S}`, 'A', ['NOERROR aa', `answer svc1.${S} 5 IN A 10.0.0.1`]],
  ['any other does not exist', `svc1.hidden.svc.${Z}`, 'A', NXDOMAIN],
  ['nor do its reverse names', '1.9.0.10.in-addr.arpa.', 'PTR', ['NXDOMAIN aa', SOA('in-addr.arpa.')]],
])

suite('namespace_labels', 'namespace_labels team in (a)', [
  ['a namespace with the labels is there', `bare.svc.${Z}`, 'A', NODATA],
  ['any other is not', `svc1.${S}`, 'A', NXDOMAIN],
  [
    'its reverse names are',
    '1.0.0.10.in-addr.arpa.',
    'PTR',
    ['NOERROR aa', `answer 1.0.0.10.in-addr.arpa. 5 IN PTR svc1.${S}`],
  ],
])

suite('labels', 'labels expose = yes', [
  [
    'a service with the labels is there',
    `svc1.hidden.svc.${Z}`,
    'A',
    ['NOERROR aa', `answer svc1.hidden.svc.${Z} 5 IN A 10.0.9.1`],
  ],
  ['any other is not', `svc1.${S}`, 'A', NXDOMAIN],
])

const NEXT: PluginTestOptions = { next: () => reply('next', { answer: [rr('x. 1 IN A 1.1.1.1')] }) }
const PASSED_ON = ['NOERROR', 'answer x. 1 IN A 1.1.1.1']

suite(
  'fallthrough for some zones',
  'fallthrough in-addr.arpa testns.svc.cluster.local',
  [
    ['a name error below passes on', '9.9.9.9.in-addr.arpa.', 'PTR', PASSED_ON],
    ['also below a name that is no zone', `nope.${S}`, 'A', PASSED_ON],
    ['NODATA never does', `svc1.${S}`, 'AAAA', NODATA],
    ['other name errors do not', `nope.hidden.svc.${Z}`, 'A', NXDOMAIN],
    ['names outside of the zones always pass on', 'example.org.', 'A', PASSED_ON],
  ],
  NEXT,
)

suite('fallthrough', 'fallthrough', [['every name error passes on', `nope.${S}`, 'A', PASSED_ON]], NEXT)

suite(
  'zones',
  '',
  [
    [
      'the longest zone counts',
      'svc1.testns.svc.sub.cluster.local.',
      'A',
      ['NOERROR aa', 'answer svc1.testns.svc.sub.cluster.local. 5 IN A 10.0.0.1'],
    ],
    [
      'reverse names point to the first zone that is no reverse zone',
      '1.0.0.10.in-addr.arpa.',
      'PTR',
      ['NOERROR aa', `answer 1.0.0.10.in-addr.arpa. 5 IN PTR svc1.${S}`],
    ],
  ],
  { zones: 'in-addr.arpa cluster.local sub.cluster.local' },
)

suite(
  'the root as zone',
  '',
  [
    ['names end in svc', 'svc1.testns.svc.', 'A', ['NOERROR aa', 'answer svc1.testns.svc. 5 IN A 10.0.0.1']],
    [
      'reverse names are found',
      '1.0.0.10.in-addr.arpa.',
      'PTR',
      ['NOERROR aa', 'answer 1.0.0.10.in-addr.arpa. 5 IN PTR svc1.testns.svc.'],
    ],
  ],
  { zones: '.' },
)
