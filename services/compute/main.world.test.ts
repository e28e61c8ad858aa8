import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { openInside } from './main.ts'

const everything = { minMemoryMb: 0, minDiskGb: 0, sortBy: 'id', isDescending: false } as const

testOnServers('compute', (_, bench) => {
  test('whose processes all start at once on an empty database is whole', async () => {
    const rooms = { clock: systemClock, chance: systemChance, log: silentLog }
    const [broker, databaseUrl] = [openBroker(), await bench.url()]
    const start = async (host: string) => {
      const bus = await openBus({ inProcess: broker, ...rooms })
      const inside = await openInside({ ...rooms, databaseUrl, bus, host, hosts: [], imageDir: '/nowhere', logOf: () => silentLog })
      return { ...inside, end: () => inside.close().then(() => bus.close()) }
    }
    const all = await Promise.all(['one', 'two', 'three'].map(start))
    for (const { logics } of all) expect(await logics.flavors.list(everything)).toHaveLength(5)
    for (const { end } of all) await end()
  })
})
