import { plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { expect, test } from 'vitest'
import { rulesOf } from '../../kit.ts'
import type { HostState } from '../scheduler/host.ts'
import type { Request } from '../scheduler/request.ts'
import { metricsWeigher } from './metrics.ts'
import { enabledWeighers, ranked } from './weighers.ts'

const aHost = (host: string, metrics?: Readonly<Record<string, number>>) =>
  ({
    host,
    aggregates: [],
    facts: plainFacts({ host, vcpus: 1, memoryMb: 1, diskGb: 1, ...(metrics ? { metrics } : {}) }),
  }) as unknown as HostState
const nothing = {} as Request
const [busy, idle, mute] = [aHost('busy', { 'cpu.percent': 90 }), aHost('idle', { 'cpu.percent': 5 }), aHost('mute')]
const weigher = (...flags: readonly string[]) => metricsWeigher(rulesOf(...flags).metrics)
const setting = 'metrics.weight_setting=cpu.percent=-1.0'

test('the host that measures least of what counts against it is the best', () => {
  expect(ranked([busy, idle], nothing, [weigher(setting)]).map(({ host }) => host.host)).toEqual(['idle', 'busy'])
})

test('a host that does not measure what counts ends the choice, or comes last where that is said', () => {
  expect(() => weigher(setting).weigh(mute, nothing)).toThrow('Metric cpu.percent could not be found on the compute host node mute.mute.')
  const lenient = weigher(setting, 'metrics.required=false', 'metrics.weight_of_unavailable=-500')
  expect(ranked([mute, busy, idle], nothing, [lenient]).map(({ host }) => host.host)).toEqual(['idle', 'busy', 'mute'])
  expect(lenient.weigh(mute, nothing)).toBe(-500)
})

test('a setting that is none is told of, and MetricsWeigher is one of all', () => {
  expect(() => weigher('metrics.weight_setting=cpu.percent')).toThrow('[metrics] weight_setting: cpu.percent is not of the form name=1.0.')
  const named = enabledWeighers(rulesOf('filter_scheduler.weight_classes=nova.scheduler.weights.metrics.MetricsWeigher'))
  expect(named.map(({ name }) => name)).toEqual(['MetricsWeigher'])
  expect(enabledWeighers(rulesOf()).map(({ name }) => name)).toContain('MetricsWeigher')
})
