import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { Task } from '@kilonova/platform/tasks/task.ts'
import { taskSuite } from '@kilonova/platform/tasks/testing.ts'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { aServer, cause, emptyDatabases, fakeTaskRooms, theImage } from '../../kit.ts'
import type { Databases } from '../../main/databases.ts'
import type { ServerMigration } from '../../server-migrations/server-migration.ts'
import { serverMigrationStore } from '../../server-migrations/store.ts'
import type { Server } from '../server.ts'
import type { TaskState, VmState } from '../states.ts'
import { serverStore } from '../store.ts'
import { confirmResize, revertResize } from './end-resize.ts'
import * as power from './power.ts'
import { rebuildServer } from './rebuild.ts'
import { rescueServer, unrescueServer } from './rescue.ts'
import { resizeServer } from './resize.ts'
import type { TaskRooms } from './rooms.ts'
import { offloadServer, shelveServer, unshelveServer } from './shelve.ts'
import { snapshotServer } from './snapshot.ts'

const id = aServer(1).id
const small = aServer(1).flavor
const large = { ...small, id: '2', name: 'm1.small', memoryMb: 2048 }
const moveId = 'c0ffee00-0000-4000-8000-000000000009'
const image = {
  ...{ id: 'c0ffee00-0000-4000-8000-000000000008', name: 'copy', ownerId: 'p-demo', visibility: 'private', diskFormat: 'qcow2' },
  ...{ containerFormat: 'bare', minDiskGb: 1, minRamMb: 0, properties: {} },
} as const
const moving = { serverId: id, moveId, sourceHost: 'host1', sourceNode: 'host1' }

interface Case {
  readonly from: VmState
  readonly during: TaskState
  readonly to: Partial<Server>
  /** What it is when its last step failed, or could not be told of though the host did it: as before unless told. */
  readonly failed?: Partial<Server>
  /** What else it may be then: by what the host had done already, or what had been told before. */
  readonly orElse?: VmState
  readonly input?: object
  readonly server?: Partial<Server>
  /** Absent: the host has no such guest. */
  readonly guest?: GuestState['power'] | undefined
  readonly move?: ServerMigration['status']
}

const running = { guest: 'running', from: 'active' } as const

// biome-ignore format: a table
const cases: readonly (readonly [Task<never, never, TaskRooms> | object, Case])[] = [
  [power.startServer,      { guest: 'shutdown', from: 'stopped', during: 'powering-on', to: { vmState: 'active', powerState: 'running' }, failed: { vmState: 'active' } }],
  [power.stopServer,       { ...running, during: 'powering-off', to: { vmState: 'stopped', powerState: 'shutdown' }, failed: { vmState: 'stopped' } }],
  [power.softRebootServer, { ...running, during: 'rebooting', to: { vmState: 'active', powerState: 'running' } }],
  [power.hardRebootServer, { guest: 'crashed', from: 'error', during: 'rebooting_hard', to: { vmState: 'active', fault: null } }],
  [power.pauseServer,      { ...running, during: 'pausing', to: { vmState: 'paused', powerState: 'paused' }, failed: { vmState: 'paused' } }],
  [power.unpauseServer,    { guest: 'paused', from: 'paused', during: 'unpausing', to: { vmState: 'active', powerState: 'running' }, failed: { vmState: 'active' } }],
  [power.suspendServer,    { ...running, during: 'suspending', to: { vmState: 'suspended', powerState: 'shutdown' }, failed: { vmState: 'suspended' } }],
  [power.resumeServer,     { guest: 'shutdown', from: 'suspended', during: 'resuming', to: { vmState: 'active', powerState: 'running' }, failed: { vmState: 'active' } }],
  [power.restoreServer,    { guest: 'shutdown', from: 'soft-delete', during: 'restoring', to: { vmState: 'active', deletedAt: null }, failed: { vmState: 'error' } }],
  [power.softDeleteServer, { ...running, during: 'soft-deleting', to: { vmState: 'soft-delete', powerState: 'shutdown' }, failed: { vmState: 'stopped' } }],
  [rescueServer,           { ...running, during: 'rescuing', to: { vmState: 'rescued', powerState: 'running' } }],
  [unrescueServer,         { guest: 'running', from: 'rescued', during: 'unrescuing', to: { vmState: 'active' } }],
  [rebuildServer,          { ...running, during: 'rebuilding', to: { vmState: 'active', progress: 100 }, failed: { vmState: 'error', imageId: 'older' },
                             input: { before: { imageId: 'older', systemMetadata: {} } } }],
  [resizeServer,           { ...running, during: 'resize_prep', move: 'pre-migrating', input: { ...moving, flavor: large, ignoredHosts: [] },
                             to: { vmState: 'resized', flavor: large, oldFlavor: small, host: 'host1' }, failed: { vmState: 'active', flavor: small } }],
  [confirmResize,          { guest: 'running', from: 'resized', during: 'resize_confirming', move: 'confirming', server: { flavor: large, oldFlavor: small },
                             input: { ...moving, oldFlavor: small, before: 'active' }, to: { vmState: 'active', flavor: large, oldFlavor: null }, failed: { vmState: 'error' } }],
  [revertResize,           { guest: 'running', from: 'resized', during: 'resize_reverting', move: 'reverting', server: { flavor: large, oldFlavor: small },
                             input: { ...moving, oldFlavor: small, before: 'active' }, to: { vmState: 'active', flavor: small, oldFlavor: null }, failed: { vmState: 'error' } }],
  [snapshotServer,         { ...running, during: 'image_snapshot_pending', input: { image, path: '/nowhere/copy' }, to: { vmState: 'active' } }],
  [shelveServer,           { ...running, during: 'shelving', orElse: 'stopped', input: { image, path: '/nowhere/copy', offloads: true },
                             to: { vmState: 'shelved', taskState: 'shelving_offloading', powerState: 'shutdown' } }],
  [offloadServer,          { guest: 'shutdown', from: 'shelved', during: 'shelving_offloading', orElse: 'shelved_offloaded', to: { vmState: 'shelved_offloaded', host: null }, failed: {} }],
  [unshelveServer,         { from: 'shelved_offloaded', during: 'unshelving', server: { host: null, systemMetadata: { shelved_image_id: theImage.id } },
                             to: { vmState: 'active', host: 'host1', systemMetadata: {} } }],
]

let all: Databases
let rooms: ReturnType<typeof fakeTaskRooms>
beforeEach(async () => {
  all = await emptyDatabases()
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

for (const [task, { from, during, to, failed = {}, orElse, input = {}, server = {}, guest, move }] of cases)
  describe((task as { name: string }).name, () => {
    const before = aServer(1, {
      vmState: from,
      taskState: during,
      host: 'host1',
      node: 'host1',
      launchedAt: '2026-01-01T00:00:00.000Z',
      ...server,
    })
    beforeEach(async () => {
      await all.cell1.transaction(cause, async tx => {
        await serverStore(all.cell1).insert(tx, before)
        if (move)
          await serverMigrationStore(all.cell1).insert(tx, {
            ...{
              id: moveId,
              number: 1,
              serverId: id,
              kind: 'resize',
              status: move,
              sourceHost: 'host1',
              sourceNode: 'host1',
              destHost: null,
            },
            ...{ destNode: null, destAddress: null, oldFlavorId: '1', newFlavorId: '2', userId: null, projectId: null },
            ...{ createdAt: '2026-01-01T00:00:00.000Z', updatedAt: null },
          })
      })
    })

    taskSuite(task as Task<{ serverId: string }, { serverId: string }, TaskRooms>, {
      input: { serverId: id, was: from, ...input } as { serverId: string },
      rooms() {
        rooms = fakeTaskRooms(all, { host1: 8192 })
        if (guest) rooms.hypervisors.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: guest } })
        if (before.host !== null) rooms.claims.set(id, 'host1')
        return rooms
      },
      async allThere({ store, moves }) {
        if (task === resizeServer) expect(await moves.find(moveId)).toMatchObject({ destHost: 'host1', destAddress: '127.0.0.1' })
        expect(await store.findUnchecked(id)).toMatchObject({ taskState: null, ...to })
      },
      async nothingLeft({ store }) {
        const left = await store.findUnchecked(id)
        expect(left).toMatchObject({
          taskState: null,
          fault: { details: expect.stringMatching(/^The step “.+” failed on host1: (still not|no)$/) },
        })
        expect(left).toMatchObject(failed)
        expect([failed.vmState ?? from, ...(orElse ? [orElse] : [])]).toContain(left?.vmState)
        expect([...rooms.kept]).toEqual([])
      },
    })
  })
