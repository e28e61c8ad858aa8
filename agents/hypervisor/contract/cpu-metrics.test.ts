import { expect, test } from 'vitest'
import { cpuMetrics } from './cpu-metrics.ts'

const first = { user: 60, kernel: 20, idle: 100, iowait: 20, frequency: 2400 }

test('the first look tells of the time since the host was started, the next ones of the time between', () => {
  expect(cpuMetrics(first)).toMatchObject({ 'cpu.user.time': 60, 'cpu.frequency': 2400, 'cpu.user.percent': 30, 'cpu.percent': 50 })
  const later = { ...first, user: 63, idle: 197 }
  expect(cpuMetrics(later, first)).toMatchObject({
    'cpu.user.percent': 3,
    'cpu.idle.percent': 97,
    'cpu.kernel.percent': 0,
    'cpu.percent': 3,
  })
})

test('two looks at the same moment tell of no time at all', () => {
  expect(cpuMetrics(first, first)).toMatchObject({ 'cpu.percent': 0, 'cpu.idle.percent': 0 })
})
