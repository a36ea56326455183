import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasRoomForProbe, makeProbe, probeMessage } from '#plugins/loop/probe.ts'
import type { FoldedName } from '#wire/name.ts'
import { foldName, formatName, isSubdomain, name, parentName, ROOT } from '#wire/name.ts'

function folded(text: string): FoldedName {
  return foldName(name(text))
}

describe('the probe', () => {
  it('has two labels of random digits below the zone', () => {
    const probe = makeProbe(folded('example.org.'))
    assert.ok(isSubdomain(probe, folded('example.org.')))
    assert.match(formatName(probe), /^\d{1,19}\.\d{1,19}\.example\.org\.$/)
  })

  it('is another each time', () => {
    const probes = new Set(Array.from({ length: 100 }, () => makeProbe(ROOT)))
    assert.equal(probes.size, 100)
  })

  it('needs a zone that leaves room', () => {
    const label = 'a'.repeat(50)
    const longest = folded(`${label}.${label}.${label}.${'b'.repeat(62)}.`)
    assert.equal(hasRoomForProbe(longest), false)
    assert.equal(hasRoomForProbe(parentName(longest)), true)
    assert.equal(hasRoomForProbe(ROOT), true)
  })

  it('is asked for as HINFO, with recursion desired', () => {
    const message = Buffer.from(probeMessage(folded('a.'), 0x1234)).toString('hex')
    assert.equal(message, '12340100000100000000000001610000' + '0d0001')
  })
})
