import { apiMigrations, migrations, openInside } from '@kilonova/compute/main.ts'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { openFakeDriver, openHypervisorAgent } from '@kilonova/hypervisor/main.ts'
import { migrations as placementMigrations, openPlacementRoom, type PlacementDatabase } from '@kilonova/placement/main.ts'
import { ask, handle } from '@kilonova/platform/bus/message.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Doors, World } from '@kilonova/platform/simulation/simulation.ts'
import { copiedDatabases } from '@kilonova/platform/simulation/template.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'

/**
 * The compute service and its hosts as processes of a simulated world: some that are API, scheduler and conductor at once, an agent per machine.
 * The machines outlive their agents, the databases outlive everybody. What a client says to the API goes over the faulty bus, where requests and
 * answers are lost, come twice and come late, as they may on any network.
 */
type ComputeDatabases = NonNullable<Parameters<typeof openInside>[0]['databases']>
type TablesOf<D> = D extends Database<infer T> ? T : never
export type Machine = ReturnType<typeof openFakeDriver>

const openPlacement = copiedDatabases<TablesOf<PlacementDatabase>>('placement', placementMigrations)
const openCell = copiedDatabases<TablesOf<ComputeDatabases['cell1']>>('compute', migrations)
const openApi = copiedDatabases<TablesOf<ComputeDatabases['api']>>('compute', apiMigrations)

/** Compute's three, and placement's. */
export type SimulatedDatabases = ComputeDatabases & { readonly placement: PlacementDatabase }

export const openSimulatedDatabases = async (world: World): Promise<SimulatedDatabases> => ({
  placement: await openPlacement(world),
  api: await openApi(world),
  cell1: await openCell(world),
  cell0: await openCell(world),
})

const create = ask<{ name: string }, { id: string }>('story.create', 1)
const remove = ask<{ id: string }, void>('story.remove', 1)
const show = ask<{ id: string }, { vmState: string }>('story.show', 1)

const imageId = '5c242396-3c7b-4bc6-bec1-3df8eb57d53d'
const image: GuestImage = { id: imageId, format: 'qcow2', source: { from: 'file', path: '/nowhere' } }
const projectId = 'b9e1d0c4a2f34c5d8e7f60718293a4b5'
const userId = '7a1f0c6d2f6b4b0c8d6f3b6e3f1d2c4a'

/** A machine whose acts take their time, and fail now and then: before they are done, or afterwards. */
export function machine(host: string, { clock, chance }: Pick<World, 'clock' | 'chance'>): Machine {
  const nth = () => 1 + Math.floor(chance.fraction() * 3)
  return openFakeDriver({
    host,
    clock,
    delaysMs: { ensureDisks: 800, powerOn: 1_500, forget: 3_000, removeDisks: 200 },
    faults: [
      { act: 'powerOn', nth: nth(), says: 'no memory left', kind: 'conflict' },
      { act: 'powerOn', nth: nth(), says: 'connection lost', afterwards: true },
      { act: 'forget', nth: nth(), says: 'the hypervisor hangs', kind: 'unavailable' },
    ],
  })
}

export async function agent(host: string, machine: Machine, doors: Doors): Promise<void> {
  await openHypervisorAgent({ ...doors, host, driver: doors.outside(machine) })
}

/** API and conductor in one process. */
export async function compute(host: string, hosts: readonly string[], real: SimulatedDatabases, doors: Doors): Promise<void> {
  const { bus, clock, chance, log } = doors
  const { logics, conduct } = await openInside({
    ...{ databaseUrl: '', imageDir: '', bus, clock, chance, hosts, host, logOf: () => log },
    databases: { api: doors.database(real.api), cell1: doors.database(real.cell1), cell0: doors.database(real.cell0) },
    placement: openPlacementRoom({ clock, chance }, doors.database(real.placement)),
    images: { find: async () => image },
  })
  const { servers } = logics
  await bus.serve('api', [
    handle(
      create,
      async ({ name }, cause) => (await servers.create({ name, imageId, flavorId: '0', projectId, userId }, cause)).servers[0],
    ),
    handle(remove, async ({ id }, cause) => servers.delete(await servers.get(id), { isAdmin: false }, cause)),
    handle(show, ({ id }) => servers.get(id)),
  ])
  conduct()
}

