import { readFile } from 'node:fs/promises'
import type { CpuTimes } from '../../contract/cpu-metrics.ts'

/** The kernel counts in hundredths of a second for every program, whatever it does inside. */
const nsPerTick = 10_000_000

/** What this machine's kernel tells of its processors, and since when it runs. */
export async function machineClocks(): Promise<{ readonly bootedAt: string; readonly times: CpuTimes }> {
  const [stat, cpus] = await Promise.all([readFile('/proc/stat', 'utf8'), readFile('/proc/cpuinfo', 'utf8')])
  return clocksIn(stat, cpus)
}

/** As libvirt adds them up: interrupts are the kernel's, nice programs the user's. */
export function clocksIn(stat: string, cpus: string) {
  const words = /^cpu +(.*)$/m.exec(stat)?.[1]?.split(' ').map(Number) ?? []
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0] = words.map(ticks => ticks * nsPerTick)
  const frequency = Math.round(Number(/^cpu MHz\s*: *([\d.]+)/m.exec(cpus)?.[1] ?? 0))
  const bootedAt = new Date(Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000).toISOString()
  return { bootedAt, times: { user: user + nice, kernel: system + irq + softirq, idle, iowait, frequency } }
}
