import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseLabelSelector } from '#plugins/kubernetes/label-selector.ts'

const LABELS = { app: 'web', tier: 'front', 'app.kubernetes.io/part-of': 'shop', empty: '' }

const matches: [selector: string, expected: boolean][] = [
  ['app', true],
  ['!app', false],
  ['other', false],
  ['!other', true],
  ['app=web', true],
  ['app==web', true],
  ['app = web', true],
  ['app=db', false],
  ['app!=db', true],
  ['app!=web', false],
  ['other!=web', true],
  ['empty=', true],
  ['other=', false],
  ['app in (web, db)', true],
  ['app in (db)', false],
  ['app notin (db,cache)', true],
  ['app notin (web)', false],
  ['other in (web)', false],
  ['other notin (web)', true],
  ['app=web,tier=front', true],
  ['app=web, tier = back', false],
  ['app in (web),tier notin (back),!other', true],
  ['app.kubernetes.io/part-of=shop', true],
  ['toString', false],
  ['constructor in (x)', false],
]

const errors: [selector: string, message: string][] = [
  ['', 'it is empty'],
  ['=web', "found '=', expected a label key"],
  ['app=web,', "found the end after ',', expected a label key"],
  ['app web', "found 'web', expected one of =, ==, !=, in, notin"],
  ['!app=web', "found '=', expected ','"],
  ['app=web tier=front', "found 'tier', expected ','"],
  ['app in web', "found 'web', expected '('"],
  ['app in (web', "found the end, expected ')'"],
  ['app in ()', "found ')', expected a value"],
  ['app in (a b)', "found 'b', expected ','"],
  ['app in (a,,b)', "found ',', expected a value"],
  ['app=-x', "'-x' is not a label value"],
  ['app in (-x)', "'-x' is not a label value"],
  ['-app', "found '-app', expected a label key"],
  ['!', "found 'the end', expected a label key"],
]

describe('parseLabelSelector', () => {
  for (const [selector, expected] of matches) {
    it(`${selector} ${expected ? 'selects' : 'leaves out'} ${JSON.stringify(LABELS)}`, () => {
      const parsed = parseLabelSelector(selector)
      assert.equal(typeof parsed === 'string' ? parsed : parsed(LABELS), expected)
    })
  }
  for (const [selector, message] of errors) {
    it(`says what is wrong with '${selector}'`, () => assert.equal(parseLabelSelector(selector), message))
  }
})
