import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { podAddress } from '#plugins/kubernetes/lookup/pod.ts'
import { parseRequest, Subtree } from '#plugins/kubernetes/lookup/request.ts'
import { reverseAddress } from '#plugins/kubernetes/lookup/reverse-address.ts'
import { parseZonalName } from '#plugins/kubernetes/lookup/zonal-name.ts'
import { foldName, name } from '#wire/name.ts'

const ZONE = name('cluster.local')

/** A name left of the zone, its subtree, and its parts `endpoint port protocol service namespace`, `-` for none. */
const names: [string, keyof typeof Subtree, string][] = [
  ['', 'APEX', '- - - - -'],
  ['svc.', 'APEX', '- - - - -'],
  ['pod.', 'APEX', '- - - - -'],
  ['ns.svc.', 'SERVICE', '- - - - ns'],
  ['web.ns.svc.', 'SERVICE', '- - - web.ns ns'],
  ['ep.web.ns.svc.', 'SERVICE', 'ep - - web.ns ns'],
  ['_tcp.web.ns.svc.', 'SERVICE', '_tcp - - web.ns ns'],
  ['_http._tcp.web.ns.svc.', 'SERVICE', '- http tcp web.ns ns'],
  ['http.tcp.web.ns.svc.', 'SERVICE', '- http tcp web.ns ns'],
  ['__http._._web.ns.svc.', 'SERVICE', '- _http - _web.ns ns'],
  ['_._.web.ns.svc.', 'SERVICE', '- - - web.ns ns'],
  ['*.any.web.ns.svc.', 'SERVICE', '- * any web.ns ns'],
  ['x._http._tcp.web.ns.svc.', 'OTHER', ''],
  ['1-2-3-4.ns.pod.', 'POD', '- - - 1-2-3-4.ns ns'],
  ['dns.', 'DNS', ''],
  ['ns.dns.', 'NAME_SERVER', ''],
  ['x.dns.', 'OTHER', ''],
  ['x.ns.dns.', 'OTHER', ''],
  ['dns-version.', 'VERSION', ''],
  ['x.dns-version.', 'OTHER', ''],
  ['web.ns.', 'OTHER', ''],
  ['svcs.', 'OTHER', ''],
  ['sv.', 'OTHER', ''],
]

const reverse: [string, string][] = [
  ['45.123.96.10.in-addr.arpa', '10.96.123.45'],
  ['0.0.0.0.in-addr.arpa', '0.0.0.0'],
  ['123.96.10.in-addr.arpa', ''],
  ['1.45.123.96.10.in-addr.arpa', ''],
  ['045.123.96.10.in-addr.arpa', ''],
  ['256.123.96.10.in-addr.arpa', ''],
  ['a.123.96.10.in-addr.arpa', ''],
  ['in-addr.arpa', ''],
  ['4.0.0.0.0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.f.ip6.arpa', 'fd00:10:96::90:4'],
  ['4.0.0.0.0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.g.ip6.arpa', ''],
  ['0.0.0.0.0.9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.6.9.0.0.0.1.0.0.0.0.d.ip6.arpa', ''],
  ['web.ns.svc.cluster.local', ''],
]

const pods: [string, string | undefined][] = [
  ['10-244-1-2', '10.244.1.2'],
  ['2001-db8--1', '2001:db8::1'],
  ['2001-db8-0-0-0-0-0-1', '2001:db8::1'],
  ['1-2-3', undefined],
  ['1-2-3-4-5', undefined],
  ['256-2-3-4', undefined],
  ['01-2-3-4', undefined],
  ['1--2-3', '1::2:3'],
  ['10.244.1.2', undefined],
  ['2001:db8::1', undefined],
  ['x', undefined],
  ['-', undefined],
]

describe('parseRequest', () => {
  for (const [left, subtree, parts] of names) {
    it(`reads ${left}Z as ${subtree} ${parts}`, () => {
      const folded = foldName(name(`${left}cluster.local`))
      const request = parseRequest(folded, folded.length - ZONE.length)
      assert.equal(request.subtree, Subtree[subtree])
      if (subtree !== 'SERVICE' && subtree !== 'POD') return
      const { endpoint, port, protocol, service, namespace } = request
      const shown = [text(endpoint), port, protocol, request.depth > 1 ? text(service) : '', text(namespace)]
      assert.equal(shown.map(part => part || '-').join(' '), parts)
    })
  }
})

/** A name left of the zone, and its parts `zone directive service namespace`, or nothing. */
const zonal: [string, string | null][] = [
  ['z1.pin._zone.web.ns.svc.', 'z1 pin web.ns ns'],
  ['z1.prefer._zone.web.ns.svc.', 'z1 prefer web.ns ns'],
  ['a.b.c.pin._zone.web.ns.svc.', 'a.b.c pin web.ns ns'],
  ['z1.pin._zone.pin._zone.web.ns.svc.', 'z1.pin._zone pin web.ns ns'],
  ['pin._zone.web.ns.svc.', null],
  ['z1.pins._zone.web.ns.svc.', null],
  ['z1.pin.zone.web.ns.svc.', null],
  ['z1.pin._zone.web.ns.pod.', null],
  ['z1.pin._zone.web.ns.', null],
]

describe('parseZonalName', () => {
  for (const [left, expected] of zonal) {
    it(`reads ${left}Z as ${expected}`, () => {
      const folded = foldName(name(`${left}cluster.local`))
      const parts = parseZonalName(folded, folded.length - ZONE.length)
      if (parts === null || expected === null) {
        assert.equal(parts, expected)
        return
      }
      const { zone, prefers, service, namespace, serviceAt } = parts
      const shown = [text(zone), prefers ? 'prefer' : 'pin', text(service), text(namespace)]
      assert.equal(shown.join(' '), expected)
      assert.ok(folded.startsWith(service, serviceAt))
    })
  }
})

describe('reverseAddress', () => {
  for (const [from, expected] of reverse) {
    it(`reads ${from} as ${expected || 'no full address'}`, () => {
      assert.equal(reverseAddress(foldName(name(from))), expected)
    })
  }
})

describe('podAddress', () => {
  for (const [label, expected] of pods) {
    it(`reads ${label} as ${expected ?? 'no address'}`, () => assert.equal(podAddress(label)?.key, expected))
  }
})

/** Wire labels as text with dots. */
function text(labels: string): string {
  return labels.replaceAll(/[\x01-\x1f]/g, (length, at) => (at === 0 && length !== '' ? '' : '.'))
}
