/** What a host's processors did since it was started, in nanoseconds; their frequency in MHz. */
export interface CpuTimes {
  readonly user: number
  readonly kernel: number
  readonly idle: number
  readonly iowait: number
  readonly frequency: number
}

const none: CpuTimes = { user: 0, kernel: 0, idle: 0, iowait: 0, frequency: 0 }

/** Nova's `cpu.virt_driver` monitor: times as they are, and what part of the time since the look before went where, in whole per cent. */
export function cpuMetrics(now: CpuTimes, before: CpuTimes = none): Readonly<Record<string, number>> {
  const spent = {
    user: now.user - before.user,
    kernel: now.kernel - before.kernel,
    idle: now.idle - before.idle,
    iowait: now.iowait - before.iowait,
  }
  const all = spent.user + spent.kernel + spent.idle + spent.iowait
  const percent = (part: number) => (all > 0 ? Math.trunc((part / all) * 100) : 0)
  return {
    ...{ 'cpu.user.time': now.user, 'cpu.kernel.time': now.kernel, 'cpu.idle.time': now.idle, 'cpu.iowait.time': now.iowait },
    ...{ 'cpu.frequency': now.frequency, 'cpu.user.percent': percent(spent.user), 'cpu.kernel.percent': percent(spent.kernel) },
    ...{ 'cpu.idle.percent': percent(spent.idle), 'cpu.iowait.percent': percent(spent.iowait) },
    'cpu.percent': percent(spent.user + spent.kernel + spent.iowait),
  }
}
