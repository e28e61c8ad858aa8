import { apiMigrations, migrations, openInside, ruleOptions } from '@kilonova/compute/main.ts'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { openFakeDriver, openHypervisorAgent } from '@kilonova/hypervisor/main.ts'
import { migrations as placementMigrations, openPlacementRoom, type PlacementDatabase } from '@kilonova/placement/main.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { Doors, World } from '@kilonova/platform/simulation/simulation.ts'
import { copiedDatabases } from '@kilonova/platform/simulation/template.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { imageId, serveApi } from './simulated-api.ts'
import type { Keeper } from './simulated-images.ts'

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

const image: GuestImage = { id: imageId, format: 'qcow2', source: { from: 'file', path: '/nowhere' } }

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

/** Doubled requests make more servers than anybody wants: nobody is bound by how many. */
export const rules = readConfig(ruleOptions, readSources({ flags: ['quota.instances=-1', 'quota.cores=-1', 'quota.ram=-1'] })).values

/** What outlives the processes of compute. */
export interface Outside {
  readonly databases: SimulatedDatabases
  readonly keeper: Keeper
}

/** API, scheduler and conductor in one process. */
export async function compute(host: string, hosts: readonly string[], { databases: real, keeper }: Outside, doors: Doors): Promise<void> {
  const { bus, clock, chance, log } = doors
  const { logics, conduct } = await openInside({
    ...{ databaseUrl: '', imageDir: '', bus, clock, chance, hosts, host, logOf: () => log },
    databases: { api: doors.database(real.api), cell1: doors.database(real.cell1), cell0: doors.database(real.cell0) },
    placement: openPlacementRoom({ clock, chance }, doors.database(real.placement)),
    images: { find: async () => image },
    rules: () => rules,
    metadata: { secret: 'of this world', vendor: {}, domain: 'novalocal' },
    keeper: doors.outside(keeper),
    snapshotDir: '/nowhere',
  })
  await serveApi(bus, logics)
  conduct()
}
