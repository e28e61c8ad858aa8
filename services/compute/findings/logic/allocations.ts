import type { Amounts, Held, Provider } from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { groupsOf } from '../../scheduler/logic/resources.ts'
import { askOf } from '../../scheduler/scheduler/ask.ts'
import type { Server } from '../../servers/server.ts'
import type { Check, Finding } from '../finding.ts'
import { nameOf, type Rooms, sceneOf } from './rooms.ts'

/** Placement holds for every server that is somewhere, and for nobody else. */
export const claimsAgree = (rooms: Rooms): Check => ({
  name: 'placement holds what servers need, and nothing besides',
  async look(cause) {
    const { byId, busy } = await sceneOf(rooms)
    const { removed, made } = await rooms.healing.heal(cause, { rehearse: true })
    const repair = {
      what: 'brought together',
      run: async (why: Cause) => {
        await rooms.healing.heal(why)
      },
    }
    const wordsOf = (id: string) => nameOf(byId.get(id) ?? { id, name: 'of old' })
    return [
      ...removed
        .filter(({ consumerId }) => !busy.has(consumerId))
        .map(({ consumerId, host }) => ({ what: `${host} is held for ${wordsOf(consumerId)}, which is not there`, repair })),
      ...made
        .filter(({ serverId }) => !busy.has(serverId))
        .map(({ serverId, host }) => ({ what: `${wordsOf(serverId)} is on ${host}, and nothing is held for it`, repair })),
    ]
  },
})

/** What is held for a server is what its flavor asks for. */
export const amountsAgree = (rooms: Rooms): Check => ({
  name: 'what is held for servers is what their flavors ask for',
  async look(cause) {
    const { servers, busy } = await sceneOf(rooms)
    const hosts = [...new Set(servers.flatMap(({ host, isDeleted }) => (host === null || isDeleted ? [] : [host])))]
    const there = (await Promise.all(hosts.map(host => rooms.cells.cell1.servers.listOnHost(host)))).flat()
    const quiet = there.filter(({ id, vmState }) => !busy.has(id) && vmState !== 'resized')
    const held = new Map((await heldBy(rooms, quiet, cause)).map(one => [one.consumerId, one]))
    return quiet.flatMap((server): Finding[] => {
      const found = held.get(server.id)
      const [has, needs] = [found && wordsOf(sumOf(Object.values(found.allocations))), wordsOf(needsOf(server))]
      return has === undefined || has === needs ? [] : [{ what: `${nameOf(server)} needs ${needs}, and ${has} is held for it` }]
    })
  },
})

/** So many ids fit into one statement of any engine. */
const atOnce = 500

async function heldBy({ placement }: Rooms, servers: readonly Server[], cause: Cause): Promise<readonly Held[]> {
  const ids = servers.map(({ id }) => id)
  const pages = Array.from({ length: Math.ceil(ids.length / atOnce) }, (_, at) => ids.slice(at * atOnce, (at + 1) * atOnce))
  return (await Promise.all(pages.map(page => placement.held(page, cause)))).flat()
}

const needsOf = (server: Server): Amounts => sumOf(groupsOf(askOf(server)).map(({ resources }) => resources))

function sumOf(all: readonly Amounts[]): Amounts {
  const sum: Record<string, number> = {}
  for (const amounts of all) for (const [name, amount] of Object.entries(amounts)) sum[name] = (sum[name] ?? 0) + amount
  return sum
}

const wordsOf = (amounts: Amounts) =>
  Object.entries(amounts)
    .filter(([, amount]) => amount > 0)
    .map(([name, amount]) => `${amount} ${name}`)
    .toSorted()
    .join(', ')

/** Nothing is promised twice. */
export const nothingOvercommitted = ({ placement }: Rooms): Check => ({
  name: 'no host has more taken of it than it has to give',
  look: async cause => (await placement.providers(cause)).flatMap(overcommitted),
})

const overcommitted = ({ name, stock }: Provider): readonly Finding[] =>
  [...stock].flatMap(([what, { total, reserved, allocationRatio, used }]) => {
    const capacity = Math.floor((total - reserved) * allocationRatio)
    return used > capacity ? [{ what: `of ${name} ${used} ${what} are taken, and it has ${capacity} to give` }] : []
  })
