import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Write } from '../tables.ts'
import { isUp, type Service } from './service.ts'
import type { ServiceStore } from './store.ts'

export interface Rooms {
  readonly store: ServiceStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
}

export type Turned = Partial<Pick<Service, 'isDisabled' | 'disabledReason' | 'isForcedDown'>>

export const serviceLogic = ({ store, write, clock, chance }: Rooms) => {
  const change = (isIt: (one: Service) => boolean, refusal: Refusal, turned: Turned, cause: Cause): Promise<Service> =>
    write(cause, async tx => {
      const found = (await store.list(tx.read)).find(isIt)
      if (!found) throw refusal
      const next = { ...found, ...turned }
      await store.update(tx, next)
      return next
    })

  return {
    list: () => store.list(),
    isUp: (service: Service) => isUp(service, clock.now()),

    /** A process says that it lives. */
    seen: (host: string, binary: string, facts: HostFacts | null, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const known = await store.list(tx.read)
        const seenAt = new Date(clock.now()).toISOString()
        const found = known.find(one => one.host === host && one.binary === binary)
        if (found) await store.beat(tx, { id: found.id, seenAt, facts })
        else {
          const number = Math.max(0, ...known.map(one => one.number)) + 1
          const fresh = { isDisabled: false, disabledReason: null, isForcedDown: false, seenAt, facts }
          await store.insert(tx, { id: chance.uuid(), number, host, binary, ...fresh })
        }
      }),

    turnNamed: (host: string, binary: string, turned: Turned, cause: Cause) =>
      change(
        one => one.host === host && one.binary === binary,
        new Refusal('not-found', `Could not find binary ${binary} on host ${host}.`),
        turned,
        cause,
      ),

    turn: (id: string, turned: Turned, cause: Cause) =>
      change(one => one.id === id, new Refusal('not-found', `Service ${id} could not be found.`), turned, cause),

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const found = (await store.list(tx.read)).find(one => one.id === id || String(one.number) === id)
        if (!found) throw new Refusal('not-found', `Service ${id} could not be found.`)
        await store.delete(tx, found)
      }),
  }
}

export type ServiceLogic = ReturnType<typeof serviceLogic>
