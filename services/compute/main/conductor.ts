import { type GuestReport, guestsReported, rollCalled } from '@kilonova/hypervisor/contract/messages.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { keepShort } from '@kilonova/platform/changes/keep-short.ts'
import { every } from '@kilonova/platform/every.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { labour } from '@kilonova/platform/tasks/task.ts'
import type { Tasks } from '@kilonova/platform/tasks/tasks.ts'
import { cacheImages } from '../aggregates/tasks/cache-images.ts'
import { mappingStore } from '../cells/store.ts'
import type { HypervisorClient } from '../clients/hypervisor.ts'
import type { Images } from '../clients/images.ts'
import type { Sealer } from '../drivers/sealer.ts'
import type { InsideWish } from '../main.ts'
import type { Scheduling } from '../scheduler/scheduler.ts'
import { giveUpLost } from '../servers/reconcilers/lost.ts'
import { destroyOrphans } from '../servers/reconcilers/orphans.ts'
import { endWaiting } from '../servers/reconcilers/overdue.ts'
import { syncPowerStates } from '../servers/reconcilers/power-states.ts'
import type { Tables } from '../tables.ts'
import { keepCables } from './cables.ts'
import type { Databases } from './databases.ts'
import { keepHosts, schedulingAfter } from './hosts.ts'
import { leavingOldHosts, serverLabours, taskRooms, unasked, waitingRooms } from './labours.ts'
import { type buildLogics, cellStores } from './logics.ts'

/** How often servers are looked for whose time has come. */
const lookMs = 60_000

export interface ConductorRooms {
  readonly wish: InsideWish
  readonly databases: Databases
  readonly logics: Awaited<ReturnType<typeof buildLogics>>
  readonly tasks: Tasks<Tables>
  readonly hypervisors: HypervisorClient
  readonly images: Images
  readonly passwords: Sealer
  /** The scheduler, of this process or of another. */
  readonly told: Scheduling
  readonly log: Log
  causeOf(why: string): Cause
}

/** Takes up what was recorded, by this process or another, and keeps house. */
export function conductor({ wish, databases, logics, tasks, hypervisors, images, passwords, told, log, causeOf }: ConductorRooms) {
  const { bus, clock, hosts, host } = wish
  const { api, cell1: db } = databases
  const { cell1, cell0: grave } = cellStores(databases)
  const { store } = cell1
  const mappings = mappingStore(api)
  const failed = (what: string) => (error: unknown) => log.warn(what, { error })
  const unheard = failed('what guests do by themselves cannot be heard of')

  const moved = (serverId: string, cause: Cause) => api.transaction(cause, tx => mappings.move(tx, serverId, 'cell0'))
  const daemons = ['nova-conductor', 'nova-scheduler'].filter(name => wish.daemons?.some(one => one === name) ?? true)
  const kept = keepHosts({ logics, hypervisors, hosts, host, daemons, clock, log, causeOf, healEveryMs: wish.healEveryMs })
  const scheduling = schedulingAfter(kept.ready, told)
  const burial = { ...grave, moved }
  const rooms = { ...taskRooms({ logics, images, hypervisors, databases, wish, burial, passwords, record: tasks.record }), scheduling }
  const worker = tasks.work([...serverLabours(rooms), labour(cacheImages, { images, hypervisors, log })])
  const cables = keepCables({ bus, changes: wish.network?.changes, ...logics.servers, causeOf, log }, clock)
  const lost = { store, write: db.transaction, busy: tasks.openSubjects, actions: logics.instanceActions, clock, log }
  const seekLost = () => giveUpLost(lost, causeOf('look for servers whose work was lost'))
  const seekOverdue = () => endWaiting(waitingRooms(logics.servers, { causeOf, log }))
  const timers = [
    kept,
    every(clock, lookMs, seekLost, failed('servers whose work was lost could not be looked for')),
    every(clock, lookMs, seekOverdue, failed('servers whose time has come could not be looked for')),
    keepShort({ clock, log }, db.changes, tasks),
  ]

  const resumes = () => logics.rules().DEFAULT.resume_guests_state_on_host_boot
  const follow = async (report: GuestReport) => {
    const cause = causeOf('follow what guests do by themselves')
    await kept.hear(report.host)
    const leaveOldHost = leavingOldHosts(tasks, db.transaction)
    await destroyOrphans(report, { store, grave: grave.store, hypervisors, leaveOldHost, log }, cause)
    await syncPowerStates(report, { store, write: db.transaction, hypervisors, resumes, labours: unasked(tasks), clock, log }, cause)
  }
  const callRoll = () => bus.announce(rollCalled, {}, { cause: causeOf('hear which hosts there are') })
  const hearing = bus.listen(guestsReported, follow).catch(unheard)
  if (wish.callsRoll) void hearing.then(callRoll).catch(failed('hosts could not be asked to report'))
  return {
    stop: async () => {
      for (const timer of timers) timer.stop()
      await cables.stop()
      await (await hearing)?.stop()
      await worker.stop()
    },
  }
}
