import { apiMigrations, migrations, openInside, ruleOptions } from '@kilonova/compute/main.ts'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { openHypervisorAgent } from '@kilonova/hypervisor/main.ts'
import { migrations as placementMigrations, openPlacementRoom, type PlacementDatabase } from '@kilonova/placement/main.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { Doors, World } from '@kilonova/platform/simulation/simulation.ts'
import { copiedDatabases } from '@kilonova/platform/simulation/template.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { imageId, serveApi } from './api.ts'
import type { Keeper } from './images.ts'
import type { Machine } from './machines.ts'
import { type Spells, sometimesAway } from './weather.ts'

/**
 * The compute service and its hosts as processes of a simulated world: APIs, conductors with their schedulers, an agent per machine. The machines
 * outlive their agents, the databases outlive everybody. What a client says to the API goes over the faulty bus, where requests and answers are lost,
 * come twice and come late, as they may on any network.
 */
type ComputeDatabases = NonNullable<Parameters<typeof openInside>[0]['databases']>
type TablesOf<D> = D extends Database<infer T> ? T : never

const openPlacement = copiedDatabases<TablesOf<PlacementDatabase>>('placement', placementMigrations)
const openCell = copiedDatabases<TablesOf<ComputeDatabases['cell1']>>('compute', migrations)
const openApi = copiedDatabases<TablesOf<ComputeDatabases['api']>>('compute', apiMigrations)

/** Compute's three, and placement's. */
export type SimulatedDatabases = ComputeDatabases & { readonly placement: PlacementDatabase }

export const openSimulatedDatabases = async (world: Pick<World, 'clock' | 'chance'>): Promise<SimulatedDatabases> => ({
  placement: await openPlacement(world),
  api: await openApi(world),
  cell1: await openCell(world),
  cell0: await openCell(world),
})

const image: GuestImage = { id: imageId, format: 'qcow2', source: { from: 'file', path: '/nowhere' } }

export async function agent(host: string, machine: Machine, doors: Doors): Promise<void> {
  await openHypervisorAgent({ ...doors, host, driver: doors.outside(machine) })
}

export type Rules = ReturnType<typeof rulesOf>

/** For how long deleted servers can be brought back, where they can be: longer than any client takes to bring one back. */
const reclaimS = 900

/**
 * What the operator of this world says. Doubled requests make more servers than anybody wants: nobody is bound by how many. In some worlds resizes are
 * confirmed by themselves, shelved servers stay on their hosts for a while, and deleted ones can be brought back.
 */
export function rulesOf(chance: Chance) {
  const pick = (values: readonly number[]) => values[Math.floor(chance.fraction() * values.length)]
  const said = {
    ...{ 'quota.instances': -1, 'quota.cores': -1, 'quota.ram': -1, 'quota.server_groups': -1, 'quota.server_group_members': -1 },
    resize_confirm_window: pick([0, 0, 0, 30]),
    shelved_offload_time: pick([0, 0, -1, 20]),
    reclaim_instance_interval: pick([0, 0, 0, 0, reclaimS]),
  }
  const flags = Object.entries(said).map(([name, value]) => `${name.includes('.') ? name : `DEFAULT.${name}`}=${value}`)
  return readConfig(ruleOptions, readSources({ flags })).values
}

/** What outlives the processes of compute. */
export interface Outside {
  readonly databases: SimulatedDatabases
  readonly keeper: Keeper
  readonly rules: Rules
  /** When placement, and when the image service, cannot be reached. */
  readonly away: { readonly placement: Spells; readonly images: Spells }
}

/** Far more often than in a cloud that nobody waits for. */
export const healEveryMs = 120_000

/** An API, or a conductor with its scheduler. */
export async function compute(
  what: 'api' | 'conductor',
  host: string,
  hosts: readonly string[],
  { databases: real, keeper, rules, away }: Outside,
  doors: Doors,
): Promise<void> {
  const { bus, clock, chance, log } = doors
  const placement = openPlacementRoom({ clock, chance }, doors.database(real.placement))
  const { logics, conduct } = await openInside({
    ...{ databaseUrl: '', imageDir: '', bus, clock, chance, hosts, host, logOf: () => log, healEveryMs },
    databases: { api: doors.database(real.api), cell1: doors.database(real.cell1), cell0: doors.database(real.cell0) },
    placement: sometimesAway(placement, 'Placement', away.placement, clock),
    images: sometimesAway({ find: async () => image }, 'The image service', away.images, clock),
    rules: () => rules,
    metadata: { secret: 'of this world', vendor: {}, domain: 'novalocal' },
    keeper: sometimesAway(doors.outside(keeper), 'The image service', away.images, clock),
    snapshotDir: '/nowhere',
  })
  if (what === 'api') await serveApi({ ...logics, bus, chance, mayComeBack: rules.DEFAULT.reclaim_instance_interval > 0 })
  else conduct()
}
