import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Write } from '../tables.ts'
import { isUp, type Service, type SignOfLife } from './service.ts'
import type { ServiceStore } from './store.ts'

export interface Rooms {
  readonly store: ServiceStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
  /** Placement hears at once which hosts let nobody in; what it misses it hears at the next heartbeat. */
  readonly mirrored?: ((hosts: readonly string[], cause: Cause) => Promise<unknown>) | undefined
  /** A host is no more: refuses while placement holds something of it for servers. */
  readonly forgotten?: ((id: string, cause: Cause) => Promise<unknown>) | undefined
}

export type Turned = Partial<Pick<Service, 'isDisabled' | 'disabledReason' | 'isForcedDown'>>

export const serviceLogic = ({ store, write, clock, chance, mirrored, forgotten }: Rooms) => {
  const change = async (isIt: (one: Service) => boolean, refusal: Refusal, turned: Turned, cause: Cause): Promise<Service> => {
    const changed = await write(cause, async tx => {
      const found = (await store.list(tx.read)).find(isIt)
      if (!found) throw refusal
      const next = { ...found, ...turned }
      await store.update(tx, next)
      return next
    })
    if (changed.binary === 'nova-compute') await mirrored?.([changed.host], cause).catch(() => undefined)
    return changed
  }

  return {
    list: () => store.list(),
    computesOn: (hosts: readonly string[]) => store.computesOn(hosts),
    isUp: (service: Pick<Service, 'isForcedDown' | 'seenAt'>) => isUp(service, clock.now()),

    /** Every host that a nova-compute was ever heard of on, and that nobody deleted. */
    computeHosts: () => store.computeHosts(),

    /** Hosts of which another conductor has just heard. */
    heardOf: (withinMs: number): Promise<ReadonlySet<string>> => store.heardSince(new Date(clock.now() - withinMs).toISOString()),

    /** Processes say that they live. */
    seen: (signs: readonly SignOfLife[], cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const seenAt = new Date(clock.now()).toISOString()
        const known = await store.on(
          signs.map(({ host }) => host),
          tx.read,
        )
        const byName = new Map(known.map(one => [nameOf(one), one]))
        let number = signs.every(sign => byName.has(nameOf(sign))) ? 0 : await store.lastNumber(tx.read)
        const still: Service[] = []
        for (const sign of signs) {
          const found = byName.get(nameOf(sign))
          const { facts } = sign
          if (!found) await store.insert(tx, { ...fresh, ...sign, id: chance.uuid(), number: ++number, seenAt })
          else if (isSame(found.facts, facts)) {
            if (facts && found.facts !== facts) store.hold(found, facts)
            still.push(found)
          } else if (isAsBefore(found.facts, facts)) await store.beat(tx, { id: found.id, seenAt, facts })
          else await store.update(tx, { ...found, seenAt, facts })
        }
        await store.beatAll(
          tx,
          still.map(({ id }) => id),
          seenAt,
        )
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

    async delete(id: string, cause: Cause): Promise<void> {
      const found = (await store.list()).find(one => one.id === id || String(one.number) === id)
      if (!found) throw new Refusal('not-found', `Service ${id} could not be found.`)
      if (found.binary === 'nova-compute')
        await forgotten?.(found.id, cause).catch(error => {
          if (!(error instanceof Refusal) || error.kind !== 'conflict') throw error
          throw new Refusal(
            'conflict',
            'Unable to delete compute service that is hosting instances. Migrate or delete the instances first.',
            { cause: error },
          )
        })
      await write(cause, async tx => void (await store.delete(tx, found)))
    },
  }
}

const fresh = { isDisabled: false, disabledReason: null, isForcedDown: false } as const
const nameOf = ({ host, binary }: Pick<Service, 'host' | 'binary'>) => `${binary} ${host}`

const isSame = (before: HostFacts | null, now: HostFacts | null) => textOf(before) === textOf(now)

/** What was read once is the same object as long as it is the same. */
const texts = new WeakMap<HostFacts, string>()
function textOf(facts: HostFacts | null): string {
  if (facts === null) return ''
  const known = texts.get(facts)
  if (known !== undefined) return known
  const text = JSON.stringify(facts)
  texts.set(facts, text)
  return text
}

/** What changes by itself from beat to beat tells nobody anything new. */
const isAsBefore = (before: HostFacts | null, now: HostFacts | null) => lasting(before) === lasting(now)

const lasting = (facts: HostFacts | null) =>
  facts &&
  JSON.stringify({
    ...{ ...facts, memoryUsedMb: 0, freeDiskGb: 0, diskAvailableLeastGb: 0, runningGuests: 0 },
    cells: facts.cells.map(cell => ({ ...cell, pages: [] })),
  })

export type ServiceLogic = ReturnType<typeof serviceLogic>
