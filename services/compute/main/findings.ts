import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { mappingStore } from '../cells/store.ts'
import { checksOf } from '../findings/logic/checks.ts'
import type { Check } from '../findings/finding.ts'
import type { CellRooms, Machine } from '../findings/logic/rooms.ts'
import { cellFindings, mappingFindings } from '../findings/store.ts'
import { instanceActionLogic } from '../instance-actions/logic.ts'
import { instanceActionStore } from '../instance-actions/store.ts'
import type { ComputeRules } from '../options.ts'
import { serverStore } from '../servers/store.ts'
import type { Databases } from './databases.ts'
import { buildScheduling } from './scheduling.ts'

export interface FindingsWish {
  readonly databases: Databases
  readonly placement: PlacementRoom
  readonly machines: readonly Machine[]
  readonly rules: () => ComputeRules
  readonly clock: Clock
  readonly chance: Chance
}

/** Of these servers, those that any cell keeps and that were not deleted: what other services' checks ask. */
export async function livingServers(
  { cell1, cell0 }: Pick<Databases, 'cell1' | 'cell0'>,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const wanted = new Set(ids)
  const known = await Promise.all([cellFindings('cell1', cell1).servers(), cellFindings('cell0', cell0).servers()])
  return new Set(known.flat().flatMap(({ id, isDeleted }) => (wanted.has(id) && !isDeleted ? [id] : [])))
}

/** The checks of compute over databases that somebody else opens and closes: a running cloud's, or one's that is down. */
export function computeChecks({ databases, placement, machines, rules, clock, chance }: FindingsWish): readonly Check[] {
  const { api, cell1, cell0 } = databases
  const mappings = mappingStore(api)
  const cell = (name: 'cell1' | 'cell0', database: Databases['cell1']): CellRooms => ({
    found: cellFindings(name, database),
    write: database.transaction,
    servers: serverStore(database),
    actions: instanceActionLogic({ stores: [instanceActionStore(database)], clock, chance }),
  })
  return checksOf({
    cells: { cell1: cell('cell1', cell1), cell0: cell('cell0', cell0) },
    mappings: { ...mappingFindings(api), move: (id, to, cause) => api.transaction(cause, tx => mappings.move(tx, id, to)) },
    placement,
    healing: buildScheduling({ databases, placement, rules, clock, chance }).healing,
    machines,
    clock,
  })
}

/** The servers that have, or may have, a guest on a host: for whoever takes the cloud away from it. */
export async function serversOn(host: string, { cell1 }: Pick<Databases, 'cell1'>): Promise<readonly string[]> {
  const servers = await cellFindings('cell1', cell1).servers()
  return servers.filter(server => server.host === host && !server.isDeleted).map(({ id }) => id)
}
