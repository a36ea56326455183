import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { NodensProcess } from '#test/support/process.ts'

const LOWEST = 19
const hasNames = process.platform === 'linux' && tasks(process.pid).some(({ name }) => name.includes('V8Worker'))

test("a server's own threads keep their priority, and V8's give way to them", {
  skip: !hasNames && "the threads of this system's V8 have no names",
}, async t => {
  const directory = mkdtempSync(join(tmpdir(), 'nodens-'))
  writeFileSync(join(directory, 'Corefile'), '. {\nbind 127.0.0.1\nmultisocket 2\nwhoami\n}')
  const nodens = new NodensProcess(['-conf', join(directory, 'Corefile'), '-dns.port', '0'])
  t.after(async () => {
    await nodens.kill()
    rmSync(directory, { recursive: true, force: true })
  })
  await nodens.output(/Nodens-/, 30_000)
  const [own] = tasks(process.pid)
  for (const { name, nice } of tasks(nodens.child.pid!)) {
    assert.equal(nice, name.includes('V8Worker') ? LOWEST : own!.nice, name)
  }
})

/** Names and nice values of the threads of a process, the main thread first. */
function tasks(pid: number): { name: string; nice: number }[] {
  return readdirSync(`/proc/${pid}/task`).map(task => {
    const stat = readFileSync(`/proc/${pid}/task/${task}/stat`, 'latin1')
    const afterName = stat.lastIndexOf(')') + 2
    // proc(5): field 19 is the nice value, and field 3 comes after the name.
    return {
      name: stat.slice(stat.indexOf('(') + 1, afterName - 2),
      nice: Number(stat.slice(afterName).split(' ')[16]),
    }
  })
}
