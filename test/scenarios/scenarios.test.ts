import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseScenario, Stage, showsSame } from '#test/support/scenario.ts'

const directory = import.meta.dirname

for (const file of readdirSync(directory).filter(each => each.endsWith('.md') && each !== 'README.md')) {
  const page = readFileSync(join(directory, file), 'utf8')
  test(`${file}: ${/^# (.*)/.exec(page)?.[1]}`, async t => {
    const scenario = parseScenario(page)
    assert.ok(scenario.steps.length > 0, 'there are steps')
    const stage = await Stage.open(scenario)
    t.after(() => stage.close())
    for (const step of scenario.steps) {
      const shown = await stage.play(step)
      if (showsSame(shown, step.lines)) continue
      // Not the same: let the assertion show how.
      assert.deepEqual(shown, step.lines, `${file}:${step.line}: ${step.words.join(' ')}`)
    }
  })
}
