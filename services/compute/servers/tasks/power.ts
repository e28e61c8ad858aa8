import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Turn } from '@kilonova/platform/tasks/task.ts'
import type { Server } from '../server.ts'
import { graceOf, guestOf, imageOf } from './guest.ts'
import type { TaskRooms } from './rooms.ts'
import type { Asked } from './settle.ts'
import { simple } from './simple.ts'
import { rewire } from './wire.ts'

const guest = async (server: Server, { images }: Pick<TaskRooms, 'images'>) => guestOf(server, await imageOf(images, server))

/** A start makes the machine anew, as a hard reboot does: what was changed by hand on the host is gone. */
async function hard(server: Server & { host: string }, rooms: TaskRooms, turn: Turn) {
  const nics = await rewire(server, server.host, rooms, turn)
  const anew = await guest({ ...server, nics }, rooms)
  const { power } = await rooms.hypervisors.reboot(server.host, { guest: anew, way: 'hard', graceMs: 0 }, turn.cause)
  return { power, nics }
}

export const startServer = simple<Asked>('server.start', {
  ...{ action: 'start', step: 'turn the guest on', act: 'started' },
  run: (server, _, rooms, turn) => hard(server, rooms, turn),
  change: () => ({ fault: null }),
})

export const stopServer = simple<Asked>('server.stop', {
  ...{ action: 'stop', step: 'turn the guest off', act: 'stopped' },
  run: (server, _, rooms, { cause }) => rooms.hypervisors.stop(server.host, server.id, graceOf(server, rooms), cause),
})

export const softRebootServer = simple<Asked>('server.soft-reboot', {
  ...{ action: 'softReboot', step: 'let the guest start again', act: 'rebooted' },
  run: async (server, _, rooms, { cause }) =>
    rooms.hypervisors.reboot(server.host, { guest: await guest(server, rooms), way: 'soft', graceMs: graceOf(server, rooms) }, cause),
})

export const hardRebootServer = simple<Asked>('server.hard-reboot', {
  ...{ action: 'hardReboot', step: 'make the guest’s machine anew', act: 'rebooted' },
  run: (server, _, rooms, turn) => hard(server, rooms, turn),
  change: () => ({ fault: null }),
})

export const pauseServer = simple<Asked>('server.pause', {
  ...{ action: 'pause', step: 'let the guest’s processors stand still', act: 'paused' },
  run: ({ host, id }, _, { hypervisors }, { cause }) => hypervisors.pause(host, id, cause),
})

export const unpauseServer = simple<Asked>('server.unpause', {
  ...{ action: 'unpause', step: 'let the guest’s processors run', act: 'unpaused' },
  run: ({ host, id }, _, { hypervisors }, { cause }) => hypervisors.unpause(host, id, cause),
})

export const suspendServer = simple<Asked>('server.suspend', {
  ...{ action: 'suspend', step: 'keep the guest’s memory on disk', act: 'suspended' },
  run: ({ host, id }, _, { hypervisors }, { cause }) => hypervisors.suspend(host, id, cause),
  // On its host it is off now, and Nova says so.
  change: () => ({ powerState: 'shutdown' }),
})

export const resumeServer = simple<Asked>('server.resume', {
  ...{ action: 'resume', step: 'let the guest go on', act: 'resumed' },
  run: async (server, _, rooms, { cause }) => rooms.hypervisors.resume(server.host, await guest(server, rooms), cause),
})

/** A deleted server that its owner may have back. */
export const restoreServer = simple<Asked>('server.restore', {
  ...{ action: 'restore', step: 'turn the guest on', act: 'restored' },
  run: (server, _, rooms, turn) => hard(server, rooms, turn),
  change: () => ({ deletedAt: null }),
})

export const softDeleteServer = simple<Asked>('server.soft-delete', {
  ...{ action: 'softDelete', step: 'turn the guest off', act: 'put aside' },
  run: (server, _, rooms, { cause }) => rooms.hypervisors.stop(server.host, server.id, graceOf(server, rooms), cause).catch(unlessGone),
  change: () => ({ powerState: 'shutdown' }),
})

/** A guest that is not there is off: what is left of its server may go all the same. */
function unlessGone(error: unknown): undefined {
  if (!(error instanceof Refusal) || error.kind !== 'not-found') throw error
}

export interface PasswordWish extends Asked {
  readonly password: string
}

export const changePassword = simple<PasswordWish>('server.change-password', {
  ...{ action: 'changePassword', step: 'tell the guest its password', act: 'given a password' },
  run: async (server, { password }, rooms, { cause }) => {
    await rooms.hypervisors.setPassword(server.host, { guest: await guest(server, rooms), password }, cause)
    return undefined
  },
})

export const dumpCore = simple<Asked>('server.crash-dump', {
  ...{ action: 'crashDump', step: 'interrupt the guest', act: 'interrupted' },
  run: async ({ host, id }, _, { hypervisors }, { cause }) => {
    await hypervisors.injectNmi(host, id, cause)
    return undefined
  },
})
