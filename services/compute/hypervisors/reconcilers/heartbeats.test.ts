import { plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { expect, test } from 'vitest'
import { cause } from '../../kit.ts'
import type { SignOfLife } from '../../services/service.ts'
import { noteTheLiving } from './heartbeats.ts'

const sizes = { vcpus: 4, memoryMb: 4096, diskGb: 40, freeDiskGb: 40, diskAvailableLeastGb: 40, runningGuests: 0 }

test('hosts that hang make no others look dead: a thousand are asked at once, and noted in few transactions', async () => {
  const clock = virtualClock()
  const hosts = Array.from({ length: 1_000 }, (_, at) => `host${at}`)
  const facts = async (host: string) => {
    if (!host.endsWith('7')) return plainFacts({ host, ...sizes })
    await clock.sleep(5_000)
    throw new Refusal('unavailable', 'Nobody answers.')
  }
  const noted: (readonly SignOfLife[])[] = []
  const seen = async (signs: readonly SignOfLife[]) => void noted.push(signs)
  await clock.run(() => noteTheLiving({ hypervisors: { facts }, seen, hosts, host: 'controller', log: silentLog }, cause))
  const [own = [], ...others] = noted
  expect(own.map(({ binary, host }) => `${binary} on ${host}`)).toEqual(['nova-conductor on controller', 'nova-scheduler on controller'])
  expect(others.flat().map(({ host }) => host)).toEqual(hosts.filter(host => !host.endsWith('7')))
  expect({ transactions: noted.length, tookMs: clock.monotonic() }).toEqual({ transactions: 10, tookMs: 5_000 })
})
