import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ResourceProviderLogic } from '../resource-providers/logic.ts'
import type { ResourceProvider } from '../resource-providers/resource-provider.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import type { TraitStore } from './store.ts'
import { isStandardTrait, standardTraits, type Trait, unknownTraitText } from './trait/trait.ts'

export interface Rooms {
  readonly store: TraitStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  /** Two requests made the same at one moment: the database let one of them through. */
  isCollision(error: unknown): boolean
  readonly providers: Pick<ResourceProviderLogic, 'get' | 'holdSeen' | 'step'>
}

/** What a list of traits is narrowed to. */
export interface TraitFilter {
  readonly names?: readonly string[] | undefined
  readonly prefix?: string | undefined
  /** Only those some provider has; only those none has. */
  readonly associated?: boolean | undefined
}

export interface Marked {
  readonly provider: ResourceProvider
  readonly traits: readonly string[]
}

const seenText = "Resource provider's generation already changed. Please update the generation and try again."

/** The rules of traits: the standard ones are fixed, one's own are named CUSTOM_ and stay while a provider has them. */
export function traitLogic({ store, write, clock, isCollision, providers }: Rooms) {
  const find = async (name: string, from?: Reading): Promise<Trait | undefined> =>
    isStandardTrait(name) ? { name } : store.find(name, from)
  const get = async (name: string, from?: Reading): Promise<Trait> => {
    const found = await find(name, from)
    if (!found) throw new Refusal('not-found', unknownTraitText(name))
    return found
  }

  const set = async (tx: Transaction, provider: ResourceProvider, traits: readonly string[]): Promise<Marked> => {
    const before = await store.listOfProvider(provider.uuid, tx.read)
    const isSame = before.length === traits.length && traits.every(name => before.includes(name))
    if (isSame) return { provider, traits }
    await store.updateOfProvider(tx, provider.uuid, traits)
    await providers.step(tx, [provider.uuid])
    return { provider: await providers.get(provider.uuid, tx.read), traits }
  }

  return {
    get,
    forgetProvider: (tx: Transaction, uuid: string) => store.updateOfProvider(tx, uuid, []),

    async list({ names, prefix, associated }: TraitFilter = {}): Promise<readonly Trait[]> {
      const all = [...standardTraits.map((name): Trait => ({ name })), ...(await store.list())]
      const had = associated === undefined ? undefined : new Set(await store.listAssociated())
      return all.filter(
        ({ name }) =>
          (names === undefined || names.includes(name)) &&
          (prefix === undefined || name.startsWith(prefix)) &&
          (had === undefined || had.has(name) === associated),
      )
    },

    /** The first that is no trait, if any. */
    async findUnknown(names: readonly string[]): Promise<string | undefined> {
      for (const name of names) if (!(await find(name))) return name
      return undefined
    },

    /** Whether it was made just now. */
    async ensure(name: string, cause: Cause): Promise<boolean> {
      try {
        return await write(cause, async tx => {
          if (await find(name, tx.read)) return false
          await store.insert(tx, name, clock.now())
          return true
        })
      } catch (error) {
        if (isCollision(error)) return false
        throw error
      }
    },

    delete: (name: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await store.updateToHold(tx, [name])
        await get(name, tx.read)
        if (isStandardTrait(name)) throw new Refusal('invalid', `Cannot delete standard trait ${name}.`)
        if (await store.isAssociated(name, tx.read)) throw new Refusal('conflict', `The trait ${name} is in use by a resource provider.`)
        await store.delete(tx, name)
      }),

    async ofProvider(uuid: string): Promise<Marked> {
      return { provider: await providers.get(uuid), traits: await store.listOfProvider(uuid) }
    },

    setOfProvider: (uuid: string, generation: number, names: readonly string[], cause: Cause): Promise<Marked> =>
      write(cause, async tx => {
        const provider = await providers.holdSeen(tx, uuid, seenText, generation)
        const traits = [...new Set(names)].sort()
        const own = traits.filter(name => !isStandardTrait(name))
        await store.updateToHold(tx, own)
        const unknown: string[] = []
        for (const name of own) if (!(await store.find(name, tx.read))) unknown.push(name)
        if (unknown.length > 0) throw new Refusal('invalid', `No such trait ${unknown.join(', ')}`)
        return set(tx, provider, traits)
      }),

    clearProvider: (uuid: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await set(tx, await providers.holdSeen(tx, uuid, seenText), [])
      }),
  }
}

export type TraitLogic = ReturnType<typeof traitLogic>
