import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Argument } from '#corefile/argument.ts'
import { CorefileError } from '#corefile/error.ts'
import { formatName } from '#wire/name.ts'

function argument(text: string): Argument {
  return new Argument({ text, file: 'Corefile', line: 1, column: 1, width: text.length, quoted: false })
}

interface Case {
  readonly kind: string
  readonly text: string
  readonly read: (argument: Argument) => unknown
  /** What comes of it; an Error tells that it fails, with the message and, after a bar, the hint. */
  readonly value: unknown
}

const fails = (message: string, hint = '') => new CorefileError(null, message, hint)
const zones = (a: Argument) => a.zones().map(formatName)

const cases: readonly Case[] = [
  { kind: 'int', text: '0', read: a => a.int(), value: 0 },
  { kind: 'int', text: '+12', read: a => a.int(), value: 12 },
  { kind: 'int', text: '-12', read: a => a.int({ min: -20 }), value: -12 },
  { kind: 'int', text: '-1', read: a => a.int(), value: fails("'-1' is too small", 'at least 0') },
  {
    kind: 'int from 1 to 3',
    text: '4',
    read: a => a.int({ min: 1, max: 3 }),
    value: fails("'4' is too large", 'at most 3'),
  },
  { kind: 'int', text: '1.5', read: a => a.int(), value: fails("'1.5' is not a whole number") },
  { kind: 'int', text: '', read: a => a.int(), value: fails("'' is not a whole number") },
  { kind: 'int', text: '0x10', read: a => a.int(), value: fails("'0x10' is not a whole number") },
  {
    kind: 'int',
    text: '9'.repeat(30),
    read: a => a.int(),
    value: fails(`'${'9'.repeat(30)}' is too large`, `at most ${Number.MAX_SAFE_INTEGER}`),
  },
  { kind: 'float', text: '1.5e1', read: a => a.float(), value: 15 },
  { kind: 'float', text: '.5', read: a => a.float(), value: 0.5 },
  { kind: 'float', text: '.', read: a => a.float(), value: fails("'.' is not a number") },
  {
    kind: 'float',
    text: '1e999',
    read: a => a.float(),
    value: fails("'1e999' is too large", 'at most 1.7976931348623157e+308'),
  },
  { kind: 'float', text: 'NaN', read: a => a.float(), value: fails("'NaN' is not a number") },
  { kind: 'duration', text: '1h30m', read: a => a.durationMs(), value: 5_400_000 },
  { kind: 'duration', text: '0', read: a => a.durationMs(), value: 0 },
  {
    kind: 'duration',
    text: '5',
    read: a => a.durationMs(),
    value: fails("'5' is not a duration", "write '5s' for seconds"),
  },
  { kind: 'duration', text: '5d', read: a => a.durationMs(), value: fails("'5d' is not a duration") },
  { kind: 'duration', text: '', read: a => a.durationMs(), value: fails("'' is not a duration") },
  { kind: 'duration', text: '-1s', read: a => a.durationMs(), value: fails("'-1s' is too small", 'at least 0s') },
  {
    kind: 'duration of at least 2s',
    text: '1s',
    read: a => a.durationMs({ min: 2000 }),
    value: fails("'1s' is too small", 'at least 2s'),
  },
  {
    kind: 'duration up to 1m30s',
    text: '2m',
    read: a => a.durationMs({ max: 90_000 }),
    value: fails("'2m' is too large", 'at most 1m30s'),
  },
  { kind: 'word', text: 'b', read: a => a.oneOf('letter', ['a', 'b']), value: 'b' },
  {
    kind: 'word',
    text: 'randon',
    read: a => a.oneOf('policy', ['random', 'sequential']),
    value: fails("unknown policy 'randon'", "did you mean 'random'?"),
  },
  {
    kind: 'word',
    text: 'x',
    read: a => a.oneOf('policy', ['random', 'sequential']),
    value: fails("unknown policy 'x'", 'one of random, sequential'),
  },
  { kind: 'zone', text: 'Example.ORG', read: zones, value: ['example.org.'] },
  { kind: 'zone', text: '.', read: zones, value: ['.'] },
  { kind: 'zone', text: '10.0.0.0/15', read: zones, value: ['0.10.in-addr.arpa.', '1.10.in-addr.arpa.'] },
  { kind: 'zone', text: 'dns://example.org:53', read: zones, value: ['example.org.'] },
  {
    kind: 'zone',
    text: 'a..b',
    read: zones,
    value: fails('zone is not a valid domain name: a..b', 'a label between two dots can not be empty'),
  },
  {
    kind: 'zone',
    text: 'http://a',
    read: zones,
    value: fails(
      'zone is not a valid domain name: http://a',
      "unknown scheme 'http': one of dns, tls, quic, grpc, https, https3",
    ),
  },
  { kind: 'address', text: '1.2.3.4', read: a => a.ip(), value: '1.2.3.4' },
  { kind: 'address', text: '2001:db8::1', read: a => a.ip(), value: '2001:db8::1' },
  {
    kind: 'address',
    text: 'fe80::1%eth0',
    read: a => a.ip(),
    value: fails("'fe80::1%eth0' is not an IP address", "leave out '%eth0'"),
  },
  { kind: 'address', text: '1.2.3', read: a => a.ip(), value: fails("'1.2.3' is not an IP address") },
  { kind: 'address', text: '01.2.3.4', read: a => a.ip(), value: fails("'01.2.3.4' is not an IP address") },
]

for (const { kind, text, read, value } of cases) {
  test(`argument: '${text}' as ${kind} ${value instanceof Error ? 'is an error' : `is ${JSON.stringify(value)}`}`, () => {
    const given = argument(text)
    if (!(value instanceof CorefileError)) {
      assert.deepEqual(read(given), value)
      return
    }
    assert.throws(
      () => read(given),
      (error: unknown) => {
        assert.ok(error instanceof CorefileError)
        assert.deepEqual([error.message, error.hint, error.token], [value.message, value.hint, given.token])
        return true
      },
    )
  })
}
