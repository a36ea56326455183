import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { isInstalled } from '#test/support/installed.ts'
import type { TestServer } from '#test/support/server.ts'
import { bootServer } from '#test/support/server.ts'

const run = promisify(execFile)

const COREFILE = `. {
    kubernetes cluster.local in-addr.arpa ip6.arpa {
        manifests ${resolve('examples/cluster')}
        pods insecure
        ttl 30
    }
    hosts /dev/null example.com {
        192.0.2.80 example.com
    }
}
`

const Z = 'cluster.local.'
const D = `default.svc.${Z}`

interface Expected {
  readonly status?: string
  /** `owner type data`, in any order. */
  readonly answer?: readonly string[]
  readonly additional?: readonly string[]
}

/** What dig must find; without an answer, an SOA record stands in the authority section. */
const questions: [name: string, type: string, expected: Expected][] = [
  [`my-service.${D}`, 'A', { answer: [`my-service.${D} A 10.96.123.45`] }],
  [`my-service.${D}`, 'AAAA', {}],
  [
    `my-service.${D}`,
    'SRV',
    {
      answer: [`my-service.${D} SRV 0 100 80 my-service.${D}`],
      additional: [`my-service.${D} A 10.96.123.45`],
    },
  ],
  [`10-244-1-2.my-service.${D}`, 'A', { answer: [`10-244-1-2.my-service.${D} A 10.244.1.2`] }],
  ['45.123.96.10.in-addr.arpa.', 'PTR', { answer: [`45.123.96.10.in-addr.arpa. PTR my-service.${D}`] }],
  ['3.2.244.10.in-addr.arpa.', 'PTR', { answer: [`3.2.244.10.in-addr.arpa. PTR 10-244-2-3.my-service.${D}`] }],
  [`nginx-service.web.svc.${Z}`, 'A', { answer: [`nginx-service.web.svc.${Z} A 10.96.50.10`] }],
  [
    `_http._tcp.nginx-service.web.svc.${Z}`,
    'SRV',
    {
      answer: [`_http._tcp.nginx-service.web.svc.${Z} SRV 0 100 80 nginx-service.web.svc.${Z}`],
      additional: [`nginx-service.web.svc.${Z} A 10.96.50.10`],
    },
  ],
  [
    '22.2.244.10.in-addr.arpa.',
    'PTR',
    {
      answer: [`22.2.244.10.in-addr.arpa. PTR 10-244-2-22.nginx-service.web.svc.${Z}`],
    },
  ],
  [`kubia.${D}`, 'A', { answer: [`kubia.${D} A 10.96.60.1`] }],
  [
    `_https._tcp.kubia.${D}`,
    'SRV',
    {
      answer: [`_https._tcp.kubia.${D} SRV 0 100 443 kubia.${D}`],
      additional: [`kubia.${D} A 10.96.60.1`],
    },
  ],
  [
    `kubia.${D}`,
    'SRV',
    {
      answer: [`kubia.${D} SRV 0 50 80 kubia.${D}`, `kubia.${D} SRV 0 50 443 kubia.${D}`],
      additional: [`kubia.${D} A 10.96.60.1`],
    },
  ],
  [`_http._udp.kubia.${D}`, 'SRV', { status: 'NXDOMAIN' }],
  [
    `kubia-headless.${D}`,
    'A',
    {
      answer: [`kubia-headless.${D} A 10.244.3.10`, `kubia-headless.${D} A 10.244.3.11`],
    },
  ],
  [
    `kubia-all.${D}`,
    'A',
    {
      answer: [`kubia-all.${D} A 10.244.3.10`, `kubia-all.${D} A 10.244.3.11`, `kubia-all.${D} A 10.244.3.12`],
    },
  ],
  [
    '10.3.244.10.in-addr.arpa.',
    'PTR',
    {
      answer: ['kubia', 'kubia-headless', 'kubia-all'].map(
        service => `10.3.244.10.in-addr.arpa. PTR 10-244-3-10.${service}.${D}`,
      ),
    },
  ],
  [`db.data.svc.${Z}`, 'A', { answer: [`db.data.svc.${Z} A 10.244.5.1`, `db.data.svc.${Z} A 10.244.5.2`] }],
  [`db-1.db.data.svc.${Z}`, 'A', { answer: [`db-1.db.data.svc.${Z} A 10.244.5.2`] }],
  [
    `_postgres._tcp.db.data.svc.${Z}`,
    'SRV',
    {
      answer: ['db-0', 'db-1'].map(host => `_postgres._tcp.db.data.svc.${Z} SRV 0 50 5432 ${host}.db.data.svc.${Z}`),
      additional: [`db-0.db.data.svc.${Z} A 10.244.5.1`, `db-1.db.data.svc.${Z} A 10.244.5.2`],
    },
  ],
  ['1.5.244.10.in-addr.arpa.', 'PTR', { answer: [`1.5.244.10.in-addr.arpa. PTR db-0.db.data.svc.${Z}`] }],
  [`my-external-service.${D}`, 'CNAME', { answer: [`my-external-service.${D} CNAME example.com.`] }],
  [
    `my-external-service.${D}`,
    'A',
    {
      answer: [`my-external-service.${D} CNAME example.com.`, 'example.com. A 192.0.2.80'],
    },
  ],
  [`11-11-11-11.external-service.${D}`, 'A', { answer: [`11-11-11-11.external-service.${D} A 11.11.11.11`] }],
  [
    '22.22.22.22.in-addr.arpa.',
    'PTR',
    {
      answer: [`22.22.22.22.in-addr.arpa. PTR 22-22-22-22.external-service.${D}`],
    },
  ],
  [`my-nodeport-service.${D}`, 'A', { answer: [`my-nodeport-service.${D} A 10.96.77.8`] }],
  [`my-loadbalancer.${D}`, 'A', { answer: [`my-loadbalancer.${D} A 10.96.77.9`] }],
  [`my-dual-stack-service.${D}`, 'A', { answer: [`my-dual-stack-service.${D} A 10.96.90.4`] }],
  [`my-dual-stack-service.${D}`, 'AAAA', { answer: [`my-dual-stack-service.${D} AAAA fd00:10:96::90:4`] }],
  [
    '4.0.0.0.0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa.',
    'PTR',
    {
      answer: [
        `4.0.0.0.0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa. PTR my-dual-stack-service.${D}`,
      ],
    },
  ],
  [`kubernetes.${D}`, 'A', { answer: [`kubernetes.${D} A 10.96.0.1`] }],
  ['1.0.96.10.in-addr.arpa.', 'PTR', { answer: [`1.0.96.10.in-addr.arpa. PTR kubernetes.${D}`] }],
  [`kube-dns.kube-system.svc.${Z}`, 'A', { answer: [`kube-dns.kube-system.svc.${Z} A 10.96.0.10`] }],
  [
    `_dns._udp.kube-dns.kube-system.svc.${Z}`,
    'SRV',
    {
      answer: [`_dns._udp.kube-dns.kube-system.svc.${Z} SRV 0 100 53 kube-dns.kube-system.svc.${Z}`],
      additional: [`kube-dns.kube-system.svc.${Z} A 10.96.0.10`],
    },
  ],
  [`10-244-3-10.default.pod.${Z}`, 'A', { answer: [`10-244-3-10.default.pod.${Z} A 10.244.3.10`] }],
  [`dns-version.${Z}`, 'TXT', { answer: [`dns-version.${Z} TXT "1.1.0"`] }],
  [`nope.${D}`, 'A', { status: 'NXDOMAIN' }],
  [`my-service.nope.svc.${Z}`, 'A', { status: 'NXDOMAIN' }],
  ['9.9.9.9.in-addr.arpa.', 'PTR', { status: 'NXDOMAIN' }],
  [`default.svc.${Z}`, 'A', {}],
  [`my-service.${D}`, 'MX', {}],
]

const transports: [title: string, flags: readonly string[]][] = [
  ['UDP', []],
  ['TCP', ['+tcp']],
  ['a buffer of 512 octets', ['+bufsize=512']],
  ['no EDNS', ['+noedns']],
]

describe('dig', { skip: isInstalled('dig') ? false : 'dig is not installed (package bind9-dnsutils)' }, () => {
  let server: TestServer
  before(async () => {
    server = await bootServer(COREFILE)
  })
  after(() => server.close())

  for (const [title, flags] of transports) {
    it(`finds every object of the sample cluster with ${title}`, async () => {
      for (const [name, type, expected] of questions) assertFound(await dig(server, name, type, flags), expected, name)
    })
  }

  it('finds them in any letter case, and gets its own back', async () => {
    for (const [name, type, expected] of questions) {
      const mixed = name.replaceAll(/[a-z]/g, (letter, at) => (at % 2 === 0 ? letter.toUpperCase() : letter))
      const found = await dig(server, mixed, type, [])
      assertFound(found, expected, mixed, foldCase)
      assert.ok(expected.answer === undefined || found.answer[0]!.startsWith(`${mixed} `), mixed)
    }
  })

  it('gives the same name of a service without declared address the same address every time', async () => {
    const found = await dig(server, `external-service.${D}`, 'A', [])
    assert.match(
      found.answer[0]!,
      /^external-service\.default\.svc\.cluster\.local\. A 10\.(9[6-9]|10\d|11[01])\.\d+\.\d+$/,
    )
    const again = await dig(server, `external-service.${D}`, 'A', ['+tcp'])
    assert.deepEqual(again.answer, found.answer)
  })
})

describe('nslookup', {
  skip: isInstalled('nslookup') ? false : 'nslookup is not installed (package bind9-dnsutils)',
}, () => {
  let server: TestServer
  before(async () => {
    server = await bootServer(COREFILE)
  })
  after(() => server.close())

  const lookups: [args: readonly string[], expected: RegExp][] = [
    [[`my-service.${D}`], /Name:\s+my-service\.default\.svc\.cluster\.local\s+Address: 10\.96\.123\.45/],
    [[`kubia-headless.${D}`], /Address: 10\.244\.3\.10\n.*Address: 10\.244\.3\.11/s],
    [
      ['-type=srv', `_http._tcp.nginx-service.web.svc.${Z}`],
      /service = 0 100 80 nginx-service\.web\.svc\.cluster\.local\./,
    ],
    [['10.96.0.10'], /name = kube-dns\.kube-system\.svc\.cluster\.local\./],
    [[`my-external-service.${D}`], /canonical name = example\.com\.\n.*Address: 192\.0\.2\.80/s],
    [['-type=txt', `dns-version.${Z}`], /text = "1\.1\.0"/],
    [[`nope.${D}`], /can't find nope\.default\.svc\.cluster\.local\.?: NXDOMAIN/],
  ]
  for (const [args, expected] of lookups) {
    it(`finds ${args.join(' ')}`, async () => {
      const all = [`-port=${server.port}`, '-timeout=2', ...args, '127.0.0.1']
      const { stdout } = await run('nslookup', all).catch(error => error)
      assert.match(stdout, expected)
    })
  }
})

interface Found {
  readonly status: string
  readonly flags: readonly string[]
  readonly answer: readonly string[]
  readonly authority: readonly string[]
  readonly additional: readonly string[]
}

async function dig(server: TestServer, name: string, type: string, flags: readonly string[]): Promise<Found> {
  const args = ['@127.0.0.1', '-p', String(server.port), '+nocmd', '+timeout=2', '+tries=1', ...flags, name, type]
  const { stdout } = await run('dig', args)
  const section = (title: string): string[] => {
    const text = stdout.split(`;; ${title} SECTION:\n`)[1]?.split('\n\n')[0] ?? ''
    return text
      .split('\n')
      .filter(line => line !== '' && !line.startsWith(';'))
      .map(line => {
        const [owner, , , recordType, ...data] = line.split(/\s+/)
        return `${owner} ${recordType} ${data.join(' ')}`
      })
  }
  return {
    status: /status: (\w+)/.exec(stdout)?.[1] ?? stdout,
    flags: (/flags: ([^;]*);/.exec(stdout)?.[1] ?? '').split(' '),
    answer: section('ANSWER'),
    authority: section('AUTHORITY'),
    additional: section('ADDITIONAL'),
  }
}

function assertFound(found: Found, expected: Expected, name: string, shown: (line: string) => string = same): void {
  const lines = (list: readonly string[] | undefined): string[] => (list ?? []).map(shown).sort()
  assert.equal(found.status, expected.status ?? 'NOERROR', name)
  assert.ok(found.flags.includes('aa') && !found.flags.includes('tc'), `${name}: ${found.flags}`)
  assert.deepEqual(lines(found.answer), lines(expected.answer), name)
  assert.deepEqual(lines(found.additional), lines(expected.additional), name)
  const negative = expected.answer === undefined
  assert.deepEqual(
    found.authority.map(line => line.split(' ')[1]),
    negative ? ['SOA'] : [],
    name,
  )
}

function same(line: string): string {
  return line
}

function foldCase(line: string): string {
  return line.toLowerCase()
}
