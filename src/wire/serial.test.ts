import assert from 'node:assert/strict'
import test from 'node:test'
import { isNewerSerial } from '#wire/serial.ts'

const rows: [a: number, b: number, isNewer: boolean][] = [
  [1, 0, true],
  [0, 1, false],
  [7, 7, false],
  [0, 0xffff_ffff, true],
  [0xffff_ffff, 0, false],
  [0x7fff_ffff, 0, true],
  [0x8000_0000, 0, false],
  [0, 0x8000_0000, false],
  [0x8000_0001, 1, false],
]
for (const [a, b, isNewer] of rows) {
  test(`serial ${a} is ${isNewer ? '' : 'not '}newer than ${b}`, () => assert.equal(isNewerSerial(a, b), isNewer))
}
