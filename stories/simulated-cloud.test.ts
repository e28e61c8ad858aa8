import { calm, everySeed, type Faults, simulation, type World } from '@kilonova/platform/simulation/simulation.ts'
import { expect, test } from 'vitest'
import { openSimulatedDatabases } from './kit/simulated/cloud.ts'
import { inspect } from './kit/simulated/inspection.ts'
import { live, weather } from './kit/simulated/life.ts'
import { wantedSize, type WorldSize } from './kit/simulated/size.ts'

/** A world from its beginning to its end, and what was found of it then. */
async function tell(world: World, size: WorldSize, faults: Faults) {
  const databases = await openSimulatedDatabases(world)
  try {
    const lived = await live({ world, size, databases, isCalm: faults === calm })
    return { lived, ...(await inspect(lived)) }
  } finally {
    await Promise.all(Object.values(databases).map(one => one.close()))
  }
}

/** Each a cloud of its own: small ones, where all that happens happens on the same hosts, and large ones. */
async function tellAll(task: Parameters<typeof everySeed>[1], seeds: number, usual: WorldSize): Promise<void> {
  const sum = { worlds: 0, lives: 0, virtualS: 0, servers: 0, failed: 0, changes: 0, longestS: 0 }
  const size = wantedSize(usual)
  const one = async (world: World) => {
    const { lived, wrongs, sums } = await tell(world, size, weather)
    expect(wrongs, wrongs.join('\n')).toEqual([])
    sum.worlds++
    sum.lives += lived.lives
    sum.virtualS += Math.round(lived.ms / 1000)
    sum.servers += sums.servers
    sum.failed += sums.failed
    sum.changes += sums.changes
    sum.longestS = Math.max(sum.longestS, sums.longestS)
  }
  await everySeed(seeds, task, one, weather)
  console.log(`simulated: ${JSON.stringify({ ...size, ...sum })}`)
}

test('no server is lost, none is stuck and no guest is forgotten, whatever goes wrong', { timeout: 36_000_000 }, ({ task }) =>
  tellAll(task, 30, { hosts: 3, servers: 6 }),
)

test('nor on two hundred hosts', { timeout: 36_000_000 }, ({ task }) => tellAll(task, 2, { hosts: 200, servers: 24 }))

test('in fair weather nothing fails', () =>
  simulation(
    1,
    async world => {
      const { lived, wrongs, sums } = await tell(world, { hosts: 3, servers: 6 }, calm)
      expect({ wrongs, failed: sums.failed, lives: lived.lives }).toEqual({ wrongs: [], failed: 0, lives: 7 })
    },
    calm,
  ))
