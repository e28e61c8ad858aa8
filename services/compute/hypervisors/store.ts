import { guestName } from '@kilonova/hypervisor/contract/guest.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import type { Occupant } from './hypervisor.ts'

/** Who takes room on hosts: read off the servers, which their own store writes. */
export const occupantStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  /** On these hosts, or on any. One query, however many. */
  async list(hosts?: readonly string[]): Promise<readonly Occupant[]> {
    if (hosts?.length === 0) return []
    const all = read.selectFrom('instance').select(['id', 'number', 'host', 'project_id', 'task_state', 'flavor']).where('deleted', '=', 0)
    const there = hosts === undefined ? all.where('host', 'is not', null) : all.where('host', 'in', [...hosts])
    const rows = await there.orderBy('number').execute()
    return rows.map(({ id, number, host, project_id, task_state, flavor }) => {
      const { vcpus, memoryMb, diskGb, ephemeralGb } = JSON.parse(flavor)
      const who = { id, name: guestName(Number(number)), host: host ?? '', projectId: project_id, isBusy: task_state !== null }
      return { ...who, vcpus, memoryMb, diskGb: diskGb + ephemeralGb }
    })
  },
})

export type OccupantStore = ReturnType<typeof occupantStore>
