import type { Turn } from '@kilonova/platform/tasks/task.ts'
import { askOf } from '../../scheduler/scheduler/ask.ts'
import type { TaskRooms } from './rooms.ts'
import { mustFind } from './settle.ts'
import { orWhatWasTried, type Tried } from './try-elsewhere.ts'

interface Asked extends Tried {
  readonly serverId: string
}

export async function chooseHost({ serverId, tried = [] }: Asked, { store, scheduling }: TaskRooms, { cause }: Turn) {
  const ask = askOf(await mustFind(store, serverId), { ignoredHosts: tried.map(one => one.host) })
  const { host, node } = await scheduling.claim(ask, cause).catch(error => {
    throw orWhatWasTried(error, { tried })
  })
  return { host, node }
}

export async function giveHostBack({ serverId }: Pick<Asked, 'serverId'>, { scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  await scheduling.release(serverId, cause)
}
