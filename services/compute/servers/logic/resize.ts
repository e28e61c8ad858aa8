import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Flavor } from '../../flavors/flavor.ts'
import type { ServerMigration } from '../../server-migrations/server-migration.ts'
import type { Server } from '../server.ts'
import type { VmState } from '../states.ts'
import { confirmResize, type EndWish, revertResize } from '../tasks/end-resize.ts'
import { imagePropertiesOf } from '../tasks/guest.ts'
import { resizeServer, type ResizeWish } from '../tasks/resize.ts'
import { type ActOn, type Asker, mustMay } from './act.ts'
import { mustAgree } from './boot-image.ts'
import { nothingIfAbsent } from './find.ts'
import type { Rooms } from './rooms.ts'

/** Six hours: disks are copied whole. */
const deadlineMs = 21_600_000
/** An hour: a host has ten minutes for an answer, and where none comes it is asked again. */
const endDeadlineMs = 3_600_000

export interface ResizeAsk {
  readonly flavorId: string
  readonly diskConfig?: 'AUTO' | 'MANUAL' | undefined
  readonly maySeeAllFlavors: boolean
}

/** Servers that get another size, or another host. */
export const resizing = (act: ActOn, { flavors, moves, quotas, services, settings }: Rooms) => {
  interface Move {
    readonly kind: ServerMigration['kind']
    readonly flavor: Flavor
    readonly ignoredHosts: readonly string[]
    readonly destination?: string | undefined
    readonly diskConfig?: 'AUTO' | 'MANUAL' | undefined
  }
  const begin = (server: Server, { kind, flavor, ignoredHosts, destination, diskConfig }: Move, asker: Asker, cause: Cause) => {
    const moveId = moves.newId()
    const word = kind === 'migration' ? 'migrate' : 'resize'
    return act<ResizeWish>(
      server.id,
      {
        ...{ action: word, task: resizeServer, deadlineMs, note: { action: word, event: 'conductor_migrate_server' } },
        change: () => ({ progress: 0, ...(diskConfig === undefined ? {} : { diskConfig }) }),
        input: ({ vmState, host, node }) => ({
          ...{ was: vmState, moveId, flavor, ignoredHosts, destination, sourceHost: mustHave(server.id, host), sourceNode: node },
        }),
        besides: async (tx, { id, host, node, flavor: old }) => {
          await moves.begin(tx, {
            ...{ id: moveId, serverId: id, kind, status: 'pre-migrating', sourceHost: host, sourceNode: node },
            flavorNumbers: { old: old.number ?? null, new: flavor.number ?? null },
            ...{ oldFlavorId: old.id, newFlavorId: flavor.id, userId: cause.userId ?? null, projectId: cause.projectId ?? null },
          })
        },
      },
      asker,
      cause,
    )
  }

  /** Its end, either way, needs to know where it came from. */
  const end = async (server: Server, way: 'confirmResize' | 'revertResize', asker: Asker, cause: Cause) => {
    const move = server.vmState === 'resized' ? await moves.findOf(server.id, ['finished']) : undefined
    const task = way === 'confirmResize' ? confirmResize : revertResize
    const event = way === 'confirmResize' ? 'compute_confirm_resize' : 'compute_revert_resize'
    return act<EndWish>(
      server.id,
      {
        ...{ action: way, task, deadlineMs: endDeadlineMs, note: { action: way, event } },
        input: one => {
          if (!move || one.oldFlavor === null) throw new Refusal('invalid', 'Instance has not been resized.')
          const before = (one.systemMetadata['old_vm_state'] ?? 'active') as VmState
          const source = { sourceHost: mustHave(one.id, move.sourceHost), sourceNode: move.sourceNode }
          return { was: one.vmState, moveId: move.id, oldFlavor: one.oldFlavor, before, ...source }
        },
        besides: async tx => {
          if (move) await moves.turn(tx, move.id, way === 'confirmResize' ? 'confirming' : 'reverting')
        },
      },
      asker,
      cause,
    )
  }

  return {
    async resize(server: Server, { flavorId, diskConfig, maySeeAllFlavors }: ResizeAsk, asker: Asker, cause: Cause): Promise<void> {
      mustMay('resize', server, asker)
      const flavor = await flavors.getFor(flavorId, server.projectId, maySeeAllFlavors).catch(nothingIfAbsent)
      if (!flavor || flavor.isDisabled) throw new Refusal('invalid', `Flavor ${flavorId} could not be found.`)
      if (flavor.id === server.flavor.id) throw new Refusal('invalid', 'When resizing, instances must change flavor!')
      if (flavor.diskGb === 0 && server.flavor.diskGb !== 0)
        throw new Refusal('invalid', 'Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.')
      mustAgree(flavor, { id: server.imageId, properties: imagePropertiesOf(server) })
      const { vcpus, memoryMb } = server.flavor
      const { projectId, userId } = server
      await quotas.mustGrow({ projectId, userId, cores: flavor.vcpus - vcpus, ram: flavor.memoryMb - memoryMb })
      const ignoredHosts = settings().resizesToSameHost || server.host === null ? [] : [server.host]
      await begin(server, { kind: 'resize', flavor, ignoredHosts, diskConfig }, asker, cause)
    },

    /** To another host, turned off meanwhile. */
    async migrate(server: Server, destination: string | undefined, asker: Asker, cause: Cause): Promise<void> {
      mustMay('migrate', server, asker)
      if (destination !== undefined) {
        if (!(await hosts()).some(host => host === destination))
          throw new Refusal('invalid', `Compute host ${destination} could not be found.`)
        if (destination === server.host) throw new Refusal('invalid', 'Cannot migrate to the host where the server exists.')
      }
      await refuseAlone(server)
      const ignoredHosts = server.host === null ? [] : [server.host]
      await begin(server, { kind: 'migration', flavor: server.flavor, ignoredHosts, destination }, asker, cause)
    },

    refuseAlone,
    confirmResize: (server: Server, asker: Asker, cause: Cause) => end(server, 'confirmResize', asker, cause),
    revertResize: (server: Server, asker: Asker, cause: Cause) => end(server, 'revertResize', asker, cause),
  }

  async function hosts(): Promise<readonly string[]> {
    return (await services.list()).filter(one => one.binary === 'nova-compute').map(({ host }) => host)
  }

  /** Where there is no other host, nobody needs to wait for that answer. */
  async function refuseAlone({ host }: Server): Promise<void> {
    if (!(await hosts()).some(one => one !== host))
      throw new Refusal('invalid', 'No valid host was found. There are not enough hosts available.')
  }
}

function mustHave(id: string, host: string | null): string {
  if (host === null) throw new Refusal('conflict', `Instance ${id} is not ready`)
  return host
}
