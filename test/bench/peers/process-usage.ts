import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

let ticksPerSecond = 0

/** Processor time that a process has used, all its threads, user and system, in microseconds; steps are 10 ms. */
export function cpuMicroseconds(pid: number): number {
  // proc(5): fields 14 and 15 are utime and stime.
  return statMicroseconds(String(pid), 14)
}

/** The same of all children of this process that have ended, as they ended. */
export function endedChildrenMicroseconds(): number {
  // proc(5): fields 16 and 17 are cutime and cstime.
  return statMicroseconds('self', 16)
}

/** Processor time that the whole machine has spent on anything, a hypervisor's other guests included, in microseconds. */
export function machineMicroseconds(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8').split(/\s+/, 9).slice(1)
  return [user, nice, system, irq, softirq, steal].reduce((sum, ticks) => sum + microseconds(Number(ticks)), 0)
}

/** Resident memory of a process, in MiB. */
export function memoryMib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

/** The sum of a field of /proc/PID/stat, counted from 1, and of the one after it. */
function statMicroseconds(pid: string, field: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // Field 2, the command, may hold anything, and ends in the last ')'; field 3 comes after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return microseconds(Number(fields[field - 3]) + Number(fields[field - 2]))
}

function microseconds(ticks: number): number {
  ticksPerSecond ||= Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  return (ticks * 1e6) / ticksPerSecond
}
