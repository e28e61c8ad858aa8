import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, where } from '../listings/listing.ts'
import type { PortFollower } from '../ports/logic/ports.ts'
import type { Port } from '../ports/port/port.ts'
import { refuseInput, refuseUnknown } from '../refusals/refusal.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { Reading, Transaction } from '../tables.ts'
import type { LogChange, LogWish } from './log/attributes.ts'
import type { TrafficLog } from './log/log.ts'
import type { LogStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: LogStore
  readonly ports: { find(id: string, viewer: Viewer, from: Reading): Promise<Port | undefined> }
  readonly groups: { find(id: string, viewer: Viewer, from: Reading): Promise<unknown> }
}

/** The rules of logs: they are about groups and ports that are there, and go with them. */
export function logLogic({ store, ports, groups, ...tools }: Rooms) {
  const usual = usualLogic<TrafficLog, LogWish, LogChange>(tools, {
    store,
    refuseUnknown: id => refuseUnknown('LogResourceNotFound', `Log resource ${id} could not be found.`),
    async make({ name, resourceType, resourceId, event, targetId, enabled }, standard, tx, { viewer }) {
      if (resourceId !== null && !(await groups.find(resourceId, viewer, tx.read)))
        refuseUnknown('ResourceNotFound', `Resource ${resourceId} could not be found.`)
      if (targetId !== null) await mustGuard(tx, { resourceId, targetId }, viewer)
      return { ...standard, name, resourceType, resourceId, event, targetId, enabled }
    },
    change: (before, { name, description, enabled }) => ({ ...before, ...given({ name, description, enabled }) }),
  })

  async function mustGuard(tx: Transaction, { resourceId, targetId }: { resourceId: string | null; targetId: string }, viewer: Viewer) {
    const port = await ports.find(targetId, viewer, tx.read)
    if (!port) return refuseUnknown('TargetResourceNotFound', `Target resource ${targetId} could not be found.`)
    if (resourceId !== null && !port.securityGroups.includes(resourceId))
      refuseInput(
        `Invalid resource constraint between resource (security_group ${resourceId}) and target resource (port ${targetId}).`,
        'InvalidResourceConstraint',
      )
  }

  async function forget(tx: Transaction, filters: Readonly<Record<string, readonly string[]>>): Promise<void> {
    for (const log of await store.list(where(filters), everybody, tx.read)) await store.delete(tx, log)
  }

  const portFollower: PortFollower = { forgetPort: (tx, port) => forget(tx, { target_id: [port.id] }) }
  return { ...usual, portFollower, groupFollower: { forgetGroup: (tx: Transaction, id: string) => forget(tx, { resource_id: [id] }) } }
}

export type LogLogic = ReturnType<typeof logLogic>
