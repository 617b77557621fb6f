import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Clock ticks of /proc in a second. Source: sysconf(_SC_CLK_TCK), 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100
const BYTES_PER_MB = 1_000_000

/** Whether a command is installed. */
export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
}

/** Servers on the first core, load and key process on the second: then no two of them are measured in each other's way. */
export const CORES = { server: '0', load: '1' } as const
const isPinned = isInstalled('taskset') && availableParallelism() > 1

/** @returns whether the process, with all its threads, is bound to the core now. */
export function pin(pid: number, core: string): boolean {
  return isPinned && spawnSync('taskset', ['-acp', core, String(pid)]).status === 0
}

/** A command as it must be typed to run on a core. */
export function pinned(core: string, command: readonly [string, ...string[]]): readonly [string, ...string[]] {
  return isPinned ? ['taskset', '-c', core, ...command] : command
}

/** Microseconds of processor time that a process has used, all threads together. Source: proc_pid_stat(5), utime and stime. */
export function processorTimeUs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1_000_000) / TICKS_PER_SECOND
}

/** Megabytes that a process has in memory, shared pages counted in full. Source: proc_pid_status(5), VmRSS in KiB. */
export function residentMb(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return (Number(kib) * 1_024) / BYTES_PER_MB
}

/** Megabytes that a process alone has in memory: what it adds to the others. Source: proc_pid_smaps(5), Private_ of smaps_rollup. */
export function privateMb(pid: number): number {
  const lines = readFileSync(`/proc/${pid}/smaps_rollup`, 'latin1').matchAll(/^Private_\w+:\s+(\d+) kB$/gm)
  const kib = lines.reduce((sum, [, amount]) => sum + Number(amount), 0)
  return (kib * 1_024) / BYTES_PER_MB
}

export type Share = { readonly steal: number; readonly idle: number }

/** What was done with the whole machine's time so far, in ticks. Source: proc_stat(5). */
function machineTicks() {
  const [, ...fields] = (readFileSync('/proc/stat', 'latin1').split('\n')[0] ?? '').split(/\s+/)
  const ticks = fields.slice(0, 8).map(Number)
  return {
    all: ticks.reduce((sum, value) => sum + value, 0),
    idle: (ticks[3] ?? 0) + (ticks[4] ?? 0),
    steal: ticks[7] ?? 0,
  }
}

/** Starts to watch the machine. The answer gives the shares of its time, in percent, since then. */
export function watchMachine(): () => Share {
  const from = machineTicks()
  return () => {
    const to = machineTicks()
    const all = Math.max(1, to.all - from.all)
    return { steal: (100 * (to.steal - from.steal)) / all, idle: (100 * (to.idle - from.idle)) / all }
  }
}
