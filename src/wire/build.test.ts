import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  a,
  aaaa,
  address,
  addressText,
  cname,
  dname,
  hinfo,
  mx,
  ns,
  ptr,
  soa,
  soaOf,
  srv,
  srvOf,
  targetOf,
  txt,
} from '#wire/build.ts'
import { Class } from '#wire/constants.ts'
import { name } from '#wire/name.ts'
import type { ResourceRecord } from '#wire/record.ts'
import { formatRecord } from '#wire/text.ts'

const OWNER = name('x')
const TARGET = name('Target.example')
const SOA = { mname: TARGET, rname: OWNER, serial: 4294967295, refresh: 2, retry: 3, expire: 4, minimum: 5 }
const SRV = { priority: 1, weight: 2, port: 65535, target: TARGET }

const built: readonly [ResourceRecord, string][] = [
  [a(OWNER, 5, '1.2.3.4'), 'x.\t5\tIN\tA\t1.2.3.4'],
  [aaaa(OWNER, 5, '2001:DB8:0::1'), 'x.\t5\tIN\tAAAA\t2001:db8::1'],
  [address(OWNER, 5, '1.2.3.4'), 'x.\t5\tIN\tA\t1.2.3.4'],
  [address(OWNER, 5, '::'), 'x.\t5\tIN\tAAAA\t::'],
  [cname(OWNER, 5, TARGET), 'x.\t5\tIN\tCNAME\tTarget.example.'],
  [dname(OWNER, 5, TARGET), 'x.\t5\tIN\tDNAME\tTarget.example.'],
  [ns(OWNER, 5, TARGET), 'x.\t5\tIN\tNS\tTarget.example.'],
  [ptr(OWNER, 5, TARGET), 'x.\t5\tIN\tPTR\tTarget.example.'],
  [mx(OWNER, 5, 10, TARGET), 'x.\t5\tIN\tMX\t10 Target.example.'],
  [srv(OWNER, 5, SRV), 'x.\t5\tIN\tSRV\t1 2 65535 Target.example.'],
  [soa(OWNER, 5, SOA), 'x.\t5\tIN\tSOA\tTarget.example. x. 4294967295 2 3 4 5'],
  [txt(OWNER, 5, ['a', 'b"']), 'x.\t5\tIN\tTXT\t"a" "b\\""'],
  [txt(OWNER, 5, []), 'x.\t5\tIN\tTXT\t""'],
  [txt(OWNER, 5, ['é']), 'x.\t5\tIN\tTXT\t"\\195\\169"'],
  [txt(OWNER, 5, ['a'.repeat(300)]), `x.\t5\tIN\tTXT\t"${'a'.repeat(255)}" "${'a'.repeat(45)}"`],
  [hinfo(OWNER, 5, 'RFC8482', ''), 'x.\t5\tIN\tHINFO\t"RFC8482" ""'],
  [txt(OWNER, 0, ['v'], Class.CH), 'x.\t0\tCH\tTXT\t"v"'],
]

test('records are built from their fields', () => {
  for (const [record, text] of built) assert.equal(formatRecord(record), text)
})

test('records are read back into their fields', () => {
  const targeting = [cname(OWNER, 0, TARGET), dname(OWNER, 0, TARGET), ns(OWNER, 0, TARGET), ptr(OWNER, 0, TARGET)]
  for (const record of [...targeting, mx(OWNER, 0, 1, TARGET), srv(OWNER, 0, SRV)])
    assert.equal(targetOf(record), TARGET)
  assert.deepEqual(soaOf(soa(OWNER, 0, SOA)), SOA)
  assert.deepEqual(srvOf(srv(OWNER, 0, SRV)), SRV)
  assert.equal(addressText(a(OWNER, 0, '1.2.3.4')), '1.2.3.4')
  assert.equal(addressText(aaaa(OWNER, 0, '::ffff:1.2.3.4')), '::ffff:1.2.3.4')
})

test('addresses in text are checked', () => {
  assert.throws(() => a(OWNER, 0, '::1'), /'::1' is not an IPv4 address/)
  assert.throws(() => aaaa(OWNER, 0, '1.2.3.4'), /'1.2.3.4' is not an IPv6 address/)
  assert.throws(() => address(OWNER, 0, 'fe80::1%1'), /is not an IPv6 address/)
})
