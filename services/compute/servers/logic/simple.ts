import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import type { Action } from '../states.ts'
import * as power from '../tasks/power.ts'
import { rescueServer, type RescueWish, unrescueServer } from '../tasks/rescue.ts'
import type { Asked } from '../tasks/settle.ts'
import { offloadServer, type UnshelveWish, unshelveServer } from '../tasks/shelve.ts'
import { type ActOn, type Asker, mustMay } from './act.ts'
import { mustFind } from './find.ts'
import { passwordOf } from './password.ts'
import type { Rooms } from './rooms.ts'

const was = ({ vmState }: Server) => ({ was: vmState })

/** What is done with a server on its host in one step, or comes back from it. */
export const simpleActions = (act: ActOn, { cells, quotas, settings, chance, images, services, zones }: Rooms) => {
  const plain =
    (action: Action, task: { readonly name: string; readonly input: Asked }, note: { action: string; event: string }) =>
    (id: string, asker: Asker, cause: Cause): Promise<Server> =>
      act<Asked>(id, { action, task, note, input: was, ...(action === 'stop' ? { change: calm } : {}) }, asker, cause)

  // biome-ignore format: a table: the action, its labour, Nova's word and event for it
  const table = {
    start:         plain('start',         power.startServer,      { action: 'start',         event: 'compute_start_instance' }),
    stop:          plain('stop',          power.stopServer,       { action: 'stop',          event: 'compute_stop_instance' }),
    softReboot:    plain('softReboot',    power.softRebootServer, { action: 'reboot',        event: 'compute_reboot_instance' }),
    hardReboot:    plain('hardReboot',    power.hardRebootServer, { action: 'reboot',        event: 'compute_reboot_instance' }),
    pause:         plain('pause',         power.pauseServer,      { action: 'pause',         event: 'compute_pause_instance' }),
    unpause:       plain('unpause',       power.unpauseServer,    { action: 'unpause',       event: 'compute_unpause_instance' }),
    suspend:       plain('suspend',       power.suspendServer,    { action: 'suspend',       event: 'compute_suspend_instance' }),
    resume:        plain('resume',        power.resumeServer,     { action: 'resume',        event: 'compute_resume_instance' }),
    restore:       plain('restore',       power.restoreServer,    { action: 'restore',       event: 'compute_restore_instance' }),
    unrescue:      plain('unrescue',      unrescueServer,         { action: 'unrescue',      event: 'compute_unrescue_instance' }),
    shelveOffload: plain('shelveOffload', offloadServer,          { action: 'shelveOffload', event: 'compute_shelve_offload_instance' }),
    crashDump:     plain('crashDump',     power.dumpCore,         { action: 'trigger_crash_dump', event: 'compute_trigger_crash_dump' }),
  }

  return {
    ...table,

    /** A deleted server counts for nothing: to have it back there must be room for it again. */
    async restore(id: string, asker: Asker, cause: Cause): Promise<Server> {
      const { server } = await mustFind(cells, id)
      mustMay('restore', server, asker)
      const { projectId, userId, flavor } = server
      await quotas.mayHave({ projectId, userId, flavor, minCount: 1, maxCount: 1 })
      return table.restore(id, asker, cause)
    },

    changePassword: (id: string, password: string, asker: Asker, cause: Cause): Promise<Server> =>
      act<power.PasswordWish>(
        id,
        {
          ...{ action: 'changePassword', task: power.changePassword, input: server => ({ ...was(server), password }) },
          note: { action: 'changePassword', event: 'compute_set_admin_password' },
        },
        asker,
        cause,
      ),

    /** Answers the password of the rescue system. */
    async rescue(id: string, wish: Omit<RescueWish, keyof Asked>, asker: Asker, cause: Cause): Promise<string> {
      if (wish.imageId !== undefined && !(await images.find(wish.imageId)))
        throw new Refusal('invalid', `Image ${wish.imageId} could not be found.`)
      const adminPass = wish.adminPass ?? passwordOf(settings().passwordLength, chance.bytes)
      const input = (server: Server) => ({ ...was(server), imageId: wish.imageId, ...(server.hasConfigDrive ? { adminPass } : {}) })
      const note = { action: 'rescue', event: 'compute_rescue_instance' }
      await act<RescueWish>(id, { action: 'rescue', task: rescueServer, note, input, deadlineMs: copyMs }, asker, cause)
      return adminPass
    },

    async unshelve(server: Server, wish: Pick<UnshelveWish, 'zone' | 'destination'>, asker: Asker, cause: Cause): Promise<Server> {
      const { id, vmState } = server
      const isMoved = wish.zone !== undefined || wish.destination !== undefined
      if (isMoved && vmState === 'shelved')
        throw new Refusal(
          'conflict',
          `Specifying an availability zone or a host when unshelving server "${id}" with status "${vmState}" is not supported. The server status must be SHELVED_OFFLOADED.`,
        )
      if (typeof wish.zone === 'string' && !(await zones()).includes(wish.zone))
        throw new Refusal('invalid', 'The requested availability zone is not available')
      if (wish.destination !== undefined && !(await isHost(services, wish.destination)))
        throw new Refusal('invalid', `Compute host ${wish.destination} could not be found.`)
      const input = (one: Server) => ({ ...was(one), ...wish })
      const note = { action: 'unshelve', event: 'compute_unshelve_instance' }
      return act<UnshelveWish>(id, { action: 'unshelve', task: unshelveServer, note, input, deadlineMs: copyMs }, asker, cause)
    },
  }
}

/** Half an hour: a disk may be made from an image that the host has not seen yet. */
const copyMs = 1_800_000

export const isHost = async (services: Rooms['services'], host: string): Promise<boolean> =>
  (await services.list()).some(one => one.binary === 'nova-compute' && one.host === host)

/** One that stops makes no progress. */
const calm = () => ({ progress: 0 })
