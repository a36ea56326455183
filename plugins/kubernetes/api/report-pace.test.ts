import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReportPace } from '#plugins/kubernetes/api/report-pace.ts'

describe('ReportPace', () => {
  it('has a list wait while two reports are on their way, until one has been taken', async () => {
    const pace = new ReportPace()
    pace.sent()
    assert.equal(pace.isDue(), false)
    await pace.rest()
    pace.sent()
    assert.equal(pace.isDue(), true)
    const resumed: string[] = []
    const lists = ['services', 'slices'].map(name => pace.rest().then(() => resumed.push(name)))
    await Promise.resolve()
    assert.deepEqual(resumed, [])
    pace.taken()
    await Promise.all(lists)
    assert.deepEqual(resumed, ['services', 'slices'])
    assert.equal(pace.isDue(), false)
  })

  it('has it wait for each that was sent in spite of it', () => {
    const pace = new ReportPace()
    for (let i = 0; i < 4; i++) pace.sent()
    const due = Array.from({ length: 4 }, () => {
      pace.taken()
      return pace.isDue()
    })
    assert.deepEqual(due, [true, true, false, false])
  })
})
