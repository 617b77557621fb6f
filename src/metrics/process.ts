import { readdirSync } from 'node:fs'
import { constrainedMemory, cpuUsage, memoryUsage } from 'node:process'
import { type Family, single } from './family.ts'

const startedAt = performance.timeOrigin / 1_000

/** Files and sockets; nothing where the system does not tell. */
function openFiles(): number | undefined {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : undefined
}

/** What this process takes of its machine, under the names that dashboards for Node.js know. The key process is not in it. */
export function processFamilies(): readonly Family[] {
  const { user, system } = cpuUsage()
  const { rss, heapUsed, heapTotal, external } = memoryUsage()
  const { active, idle } = performance.eventLoopUtilization()
  const constrained = constrainedMemory()
  return [
    single('counter', 'process_cpu_seconds_total', 'Processor time, user and system.', (user + system) / 1_000_000),
    single('gauge', 'process_start_time_seconds', 'Start of the process, since the epoch.', startedAt),
    single('gauge', 'process_resident_memory_bytes', 'Resident memory.', rss),
    single(
      'gauge',
      'process_memory_limit_bytes',
      'Memory that the system lets the process have; absent without a limit.',
      constrained > 0 && constrained < Number.MAX_SAFE_INTEGER ? constrained : undefined,
    ),
    single('gauge', 'process_open_fds', 'Open files and sockets.', openFiles()),
    single('gauge', 'nodejs_heap_size_used_bytes', 'Heap in use.', heapUsed),
    single('gauge', 'nodejs_heap_size_total_bytes', 'Heap.', heapTotal),
    single('gauge', 'nodejs_external_memory_bytes', 'Memory of buffers and the like, outside of the heap.', external),
    single(
      'counter',
      'nodejs_eventloop_active_seconds_total',
      'Time in which the event loop had work.',
      active / 1_000,
    ),
    single('counter', 'nodejs_eventloop_idle_seconds_total', 'Time in which the event loop waited.', idle / 1_000),
  ]
}
