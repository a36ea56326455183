import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Argument } from '#corefile/argument.ts'
import { readHttpAddress } from '#plugin/http-address.ts'

describe('readHttpAddress', () => {
  for (const text of [':8080', '127.0.0.1:8080', '[::1]:8080', 'localhost:0', '[fe80::1%lo]:65535']) {
    it(`takes ${text}`, () => assert.equal(read(text), text))
  }

  const refused: [text: string, reason: string][] = [
    ['8080', 'missing port in address'],
    ['localhost', 'missing port in address'],
    ['[::1]', 'missing port in address'],
    ['::1:8080', 'too many colons in address'],
    [':', 'invalid port'],
    [':http', 'invalid port'],
    [':65536', 'invalid port'],
  ]
  for (const [text, reason] of refused) {
    it(`refuses ${text}: ${reason}`, () => {
      assert.throws(() => read(text), { message: `address ${text}: ${reason}` })
    })
  }
})

function read(text: string): string {
  return readHttpAddress(
    new Argument({ text, file: 'Corefile', line: 1, column: 1, width: text.length, quoted: false }),
  )
}
