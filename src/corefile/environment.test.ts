import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expandEnvironment } from '#corefile/environment.ts'

const environment = {
  A: 'one',
  B: '{$A}{$A}{%A%}',
  EMPTY: '',
  LOOP: 'x{$LOOP}',
  PING: '{$PONG}',
  PONG: '{$PING}',
  DOUBLE: '{$DOUBLE}{$DOUBLE}',
  NAME: 'A',
  NA: 'one',
  DOLLAR: '$&',
  'WITH SPACE': 'blank',
}

const cases: readonly { rule: string; text: string; expanded: string | undefined }[] = [
  { rule: 'text without references stays', text: 'a{b}$c%d', expanded: 'a{b}$c%d' },
  { rule: '{$X} is the value of X', text: '{$A}', expanded: 'one' },
  { rule: '{%X%} is the value of X', text: '{%A%}', expanded: 'one' },
  { rule: 'references may stand inside a word, several times', text: 'a{$A}b{$A}c{%A%}', expanded: 'aonebonecone' },
  { rule: 'an unset variable is empty', text: 'a{$UNSET}b', expanded: 'ab' },
  { rule: 'an empty variable is empty', text: 'a{$EMPTY}b', expanded: 'ab' },
  { rule: 'there is no default value', text: '{$UNSET:x}', expanded: '' },
  {
    rule: 'a reference in a value is followed, unless the turn of its form is over',
    text: '{$B}',
    expanded: 'oneone{%A%}',
  },
  { rule: 'a name may come from a variable of the other form', text: '{$N{%NAME%}}', expanded: 'one' },
  { rule: 'a reference without a name stays', text: '{$}', expanded: '{$}' },
  { rule: 'a reference without a name ends the search', text: '{$}{$A}', expanded: '{$}{$A}' },
  { rule: 'a percent reference without a name stays', text: '{%%}', expanded: '{%%}' },
  { rule: 'a reference without an end stays', text: '{$A', expanded: '{$A' },
  { rule: 'a name may hold blanks', text: '{$WITH SPACE}', expanded: 'blank' },
  { rule: 'a value is taken as it is', text: '{$DOLLAR}', expanded: '$&' },
  { rule: 'template text with a variable is hit as well', text: '{{$var}}', expanded: '{}' },
  { rule: 'what objects inherit is no variable', text: '{$constructor}{$__proto__}', expanded: '' },
  { rule: 'a variable that refers to itself is an error', text: '{$LOOP}', expanded: undefined },
  { rule: 'variables that refer to each other are an error', text: '{$PING}', expanded: undefined },
  { rule: 'a variable that doubles itself is an error', text: '{$DOUBLE}', expanded: undefined },
]

for (const { rule, text, expanded } of cases) {
  test(`environment: ${rule}`, () => {
    assert.equal(expandEnvironment(text, environment), expanded)
  })
}
