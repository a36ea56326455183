import { SOA, suite } from '#test/support/kubernetes.ts'

const C = 'clusterset.local.'
const N = `testns.svc.${C}`
const ZONES = { zones: 'cluster.local clusterset.local in-addr.arpa' }
const NXDOMAIN: readonly string[] = ['NXDOMAIN aa', SOA(C)]
const NODATA: readonly string[] = ['NOERROR aa', SOA(C)]
const HDLS = 'eu-1b.pin._zone.hdls.testns.svc.cluster.local.'
const address = (name: string, ip: string): string[] => ['NOERROR aa', `answer ${name} 5 IN A ${ip}`]

suite(
  'imported services',
  'multicluster clusterset.local',
  [
    ['one of type ClusterSetIP has its address', `web.${N}`, 'A', address(`web.${N}`, '10.42.0.1')],
    [
      'the owner keeps the letter case of the query',
      'WEB.testns.svc.Clusterset.local.',
      'A',
      address('WEB.testns.svc.Clusterset.local.', '10.42.0.1'),
    ],
    ['of both families', `both.${N}`, 'AAAA', ['NOERROR aa', `answer both.${N} 5 IN AAAA fd42::3`]],
    ['a family without addresses is NODATA', `web.${N}`, 'AAAA', NODATA],
    ['one that has no address yet is NODATA', `pending.${N}`, 'A', NODATA],
    ['one without ports has its address', `no-ports.${N}`, 'A', address(`no-ports.${N}`, '10.42.0.4')],
    ['and no SRV record', `no-ports.${N}`, 'SRV', NODATA],
    ['one without endpoints answers all the same', `idle.${N}`, 'A', address(`idle.${N}`, '10.42.0.2')],
    ['a port has its address', `_http._tcp.web.${N}`, 'A', address(`_http._tcp.web.${N}`, '10.42.0.1')],
    ['a port with one underscore too', `_http.tcp.web.${N}`, 'A', address(`_http.tcp.web.${N}`, '10.42.0.1')],
    ['or the other', `http._tcp.web.${N}`, 'A', address(`http._tcp.web.${N}`, '10.42.0.1')],
    ['without any they are an endpoint and a cluster', `http.tcp.web.${N}`, 'A', NXDOMAIN],
    ['a port that does not exist is NXDOMAIN', `_ftp._tcp.web.${N}`, 'A', NXDOMAIN],
    ['the name between a port and its service exists', `_tcp.web.${N}`, 'A', NODATA],
    ['services of the cluster itself are not there', `svc1.${N}`, 'A', NXDOMAIN],
    ['and imported ones are not in its zone', 'web.testns.svc.cluster.local.', 'A', ['NXDOMAIN aa', SOA()]],
    ['endpoints alone make no service', `orphan.${N}`, 'A', NXDOMAIN],
    ['nor a name of theirs', `172-16-5-1.east.orphan.${N}`, 'A', NXDOMAIN],
    ['a namespace that exists is NODATA', N, 'A', NODATA],
    ['one that does not is NXDOMAIN', `nope.svc.${C}`, 'A', NXDOMAIN],
    ['other types of a name that exists are NODATA', `web.${N}`, 'CNAME', NODATA],
    ['other types of a name that does not exist are NXDOMAIN', `nope.${N}`, 'CNAME', NXDOMAIN],
    ['there are no wildcards', `*.east.db.${N}`, 'A', NXDOMAIN],
  ],
  ZONES,
)

suite(
  'imported headless services',
  'multicluster clusterset.local',
  [
    [
      'every ready endpoint of every cluster has an address',
      `db.${N}`,
      'A',
      ['NOERROR aa', `answer db.${N} 5 IN A 172.16.1.1`, `answer db.${N} 5 IN A 172.16.1.2`],
    ],
    ['of either family', `db.${N}`, 'AAAA', ['NOERROR aa', `answer db.${N} 5 IN AAAA fd42::1:1`]],
    [
      'an endpoint goes by its name and its cluster',
      `db-0.east.db.${N}`,
      'A',
      address(`db-0.east.db.${N}`, '172.16.1.1'),
    ],
    ['whatever the letter case', `DB-0.EAST.db.${N}`, 'A', address(`DB-0.EAST.db.${N}`, '172.16.1.1')],
    ['the same name in another cluster is another endpoint', `db-0.west.db.${N}`, 'A', NODATA],
    [
      'with its own address',
      `db-0.west.db.${N}`,
      'AAAA',
      ['NOERROR aa', `answer db-0.west.db.${N} 5 IN AAAA fd42::1:1`],
    ],
    [
      'without hostname by its address',
      `172-16-1-2.east.db.${N}`,
      'A',
      address(`172-16-1-2.east.db.${N}`, '172.16.1.2'),
    ],
    ['not in another cluster', `172-16-1-2.west.db.${N}`, 'A', NXDOMAIN],
    ['one that is not ready does not exist', `172-16-1-9.east.db.${N}`, 'A', NXDOMAIN],
    ['without its cluster it does not exist', `db-0.db.${N}`, 'A', NXDOMAIN],
    ['the name of a cluster exists, as names below it do', `east.db.${N}`, 'A', NODATA],
    ['that of another does not', `north.db.${N}`, 'A', NXDOMAIN],
    [
      'endpoints of a service with an address resolve too',
      `172-16-3-1.east.web.${N}`,
      'A',
      address(`172-16-3-1.east.web.${N}`, '172.16.3.1'),
    ],
    ['too many labels are NXDOMAIN', `x.db-0.east.db.${N}`, 'A', NXDOMAIN],
    ['without ready endpoints there is no service', `db-empty.${N}`, 'A', NXDOMAIN],
    [
      'endpoints that name no cluster go by their own name',
      `db-0.lone.${N}`,
      'A',
      address(`db-0.lone.${N}`, '172.16.4.1'),
    ],
  ],
  ZONES,
)

suite(
  'SRV of imported services',
  'multicluster clusterset.local',
  [
    [
      'a port leads to the service',
      `_http._tcp.web.${N}`,
      'SRV',
      ['NOERROR aa', `answer _http._tcp.web.${N} 5 IN SRV 0 100 80 web.${N}`, `additional web.${N} 5 IN A 10.42.0.1`],
    ],
    [
      'headless: to the endpoints by their names with clusters, in the letter case of the labels',
      `_sql._tcp.db.${N}`,
      'SRV',
      [
        'NOERROR aa',
        `answer _sql._tcp.db.${N} 5 IN SRV 0 33 5432 db-0.east.db.${N}`,
        `answer _sql._tcp.db.${N} 5 IN SRV 0 33 5432 172-16-1-2.east.db.${N}`,
        `answer _sql._tcp.db.${N} 5 IN SRV 0 33 5432 db-0.West.db.${N}`,
        `additional db-0.east.db.${N} 5 IN A 172.16.1.1`,
        `additional 172-16-1-2.east.db.${N} 5 IN A 172.16.1.2`,
        `additional db-0.West.db.${N} 5 IN AAAA fd42::1:1`,
      ],
    ],
    [
      'one endpoint has its port alone',
      `db-0.east.db.${N}`,
      'SRV',
      [
        'NOERROR aa',
        `answer db-0.east.db.${N} 5 IN SRV 0 100 5432 db-0.east.db.${N}`,
        `additional db-0.east.db.${N} 5 IN A 172.16.1.1`,
      ],
    ],
  ],
  ZONES,
)

suite(
  'the rest of a multicluster zone',
  'multicluster clusterset.local\npods insecure',
  [
    ['the apex is NODATA', C, 'A', NODATA],
    [
      'its SOA is there',
      C,
      'SOA',
      ['NOERROR aa', `answer ${C} 5 IN SOA ns.dns.${C} hostmaster.${C} 1767225600 7200 1800 86400 5`],
    ],
    ['dns-version too', `dns-version.${C}`, 'TXT', ['NOERROR aa', `answer dns-version.${C} 28800 IN TXT "1.1.0"`]],
    ['svc is NODATA', `svc.${C}`, 'A', NODATA],
    [
      'pods are those of the cluster',
      `10-240-0-1.podns.pod.${C}`,
      'A',
      address(`10-240-0-1.podns.pod.${C}`, '10.240.0.1'),
    ],
    [
      'imported addresses have no reverse names',
      '1.0.42.10.in-addr.arpa.',
      'PTR',
      ['NXDOMAIN aa', SOA('in-addr.arpa.')],
    ],
    ['nor have their endpoints', '1.1.16.172.in-addr.arpa.', 'PTR', ['NXDOMAIN aa', SOA('in-addr.arpa.')]],
  ],
  ZONES,
)

suite(
  'reverse names, with the multicluster zone first',
  'multicluster clusterset.local',
  [
    [
      'point into the zone of the cluster',
      '1.0.0.10.in-addr.arpa.',
      'PTR',
      ['NOERROR aa', 'answer 1.0.0.10.in-addr.arpa. 5 IN PTR svc1.testns.svc.cluster.local.'],
    ],
  ],
  { zones: 'clusterset.local cluster.local in-addr.arpa' },
)

suite(
  'a zone above the others that is multicluster',
  'multicluster local',
  [
    [
      'does not make those below it so',
      'svc1.testns.svc.cluster.local.',
      'A',
      address('svc1.testns.svc.cluster.local.', '10.0.0.1'),
    ],
    ['and is answered itself', 'web.testns.svc.local.', 'A', address('web.testns.svc.local.', '10.42.0.1')],
  ],
  { zones: 'local cluster.local' },
)

suite(
  'ignore empty_service, of imported services',
  'multicluster clusterset.local\nignore empty_service',
  [
    ['one without endpoints does not exist', `idle.${N}`, 'A', NXDOMAIN],
    ['nor does its port', `_tcp.idle.${N}`, 'A', NXDOMAIN],
    ['one with endpoints does', `web.${N}`, 'A', address(`web.${N}`, '10.42.0.1')],
  ],
  ZONES,
)

suite(
  'noendpoints, of imported services',
  'multicluster clusterset.local\nnoendpoints',
  [
    ['endpoints of other clusters are answered', `db-0.east.db.${N}`, 'A', address(`db-0.east.db.${N}`, '172.16.1.1')],
    ['those of the cluster itself are not', 'hdls.testns.svc.cluster.local.', 'A', ['NXDOMAIN aa', SOA()]],
  ],
  ZONES,
)

suite(
  'endpoint_pod_names, of imported services',
  'multicluster clusterset.local\nendpoint_pod_names',
  [['an endpoint goes by its pod', `web-pod.east.web.${N}`, 'A', address(`web-pod.east.web.${N}`, '172.16.3.1')]],
  ZONES,
)

suite(
  'namespaces, of imported services',
  'multicluster clusterset.local\nnamespaces podns',
  [
    ['one in a namespace that is not shown does not exist', `web.${N}`, 'A', NXDOMAIN],
    ['nor does the namespace', N, 'A', NXDOMAIN],
  ],
  ZONES,
)

suite(
  'labels, of imported services',
  'multicluster clusterset.local\nlabels expose=yes',
  [
    ['services need no label', `web.${N}`, 'A', address(`web.${N}`, '10.42.0.1')],
    ['endpoint slices do', `db-0.west.db.${N}`, 'AAAA', NXDOMAIN],
    ['and those that have it are there', `db-0.east.db.${N}`, 'A', address(`db-0.east.db.${N}`, '172.16.1.1')],
  ],
  ZONES,
)

suite(
  'namespace_labels, of imported services',
  'multicluster clusterset.local\nnamespace_labels "team notin (b)"',
  [['every one matches that lacks the label', `web.${N}`, 'A', address(`web.${N}`, '10.42.0.1')]],
  ZONES,
)

suite(
  'namespace_labels that no namespace has, of imported services',
  'multicluster clusterset.local\nnamespace_labels team=a',
  [['one with the label is not shown without its namespace', `db.${N}`, 'A', NXDOMAIN]],
  ZONES,
)

suite(
  'zonal, of imported services',
  'multicluster clusterset.local\nzonal',
  [
    ['a headless one has no names by topology zone', `eu-1a.pin._zone.db.${N}`, 'A', NXDOMAIN],
    ['not for all endpoints either', `eu-1a.prefer._zone.db.${N}`, 'A', NXDOMAIN],
    ['nor what would lead to them', `_zone.db.${N}`, 'A', NXDOMAIN],
    ['pin', `pin._zone.db.${N}`, 'A', NXDOMAIN],
    ['prefer', `prefer._zone.db.${N}`, 'A', NXDOMAIN],
    ['services of the cluster itself have none here', `eu-1a.pin._zone.hdls.${N}`, 'A', NXDOMAIN],
    ['but in their own zone', HDLS, 'A', ['NOERROR aa', `answer ${HDLS} 5 IN A 172.0.1.2`]],
    ['clusters have their names as ever', `east.db.${N}`, 'A', NODATA],
  ],
  ZONES,
)

suite(
  'without multicluster',
  '',
  [['the zone is one like the other', `svc1.${N}`, 'A', address(`svc1.${N}`, '10.0.0.1')]],
  ZONES,
)
