import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import { isStandardClass, type ResourceClass, standardClasses, unknownClassText } from './resource-class/resource-class.ts'
import type { ResourceClassStore } from './store.ts'

export interface Rooms {
  readonly store: ResourceClassStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  /** Two requests made the same at one moment: the database let one of them through. */
  isCollision(error: unknown): boolean
  /** Whether an inventory is of the class. */
  isUsed(name: string, from: Reading): Promise<boolean>
  /** Who names classes: inventories, allocations. */
  readonly others: readonly { renameClass(tx: Transaction, from: string, to: string): Promise<unknown> }[]
}

/** The rules of resource classes: the standard ones are fixed, one's own are named CUSTOM_ and stay while anybody has some. */
export function resourceClassLogic({ store, write, clock, isCollision, isUsed, others }: Rooms) {
  const find = async (name: string, from?: Reading): Promise<ResourceClass | undefined> =>
    isStandardClass(name) ? { name } : store.find(name, from)
  const get = async (name: string, from?: Reading): Promise<ResourceClass> => {
    const found = await find(name, from)
    if (!found) throw new Refusal('not-found', unknownClassText(name))
    return found
  }

  return {
    get,
    list: async (): Promise<readonly ResourceClass[]> => [...standardClasses.map(name => ({ name })), ...(await store.list())],

    /** The first that is no class, if any. */
    async findUnknown(names: readonly string[], from?: Reading): Promise<string | undefined> {
      for (const name of names) if (!(await find(name, from))) return name
      return undefined
    },

    /** Refuses unknown names, saying `prefix` first; known ones stay until the commit. */
    async holdKnown(tx: Transaction, names: readonly string[], prefix: string): Promise<void> {
      const own = names.filter(name => !isStandardClass(name))
      await store.updateToHold(tx, own)
      for (const name of own) if (!(await store.find(name, tx.read))) throw new Refusal('invalid', `${prefix}${unknownClassText(name)}`)
    },

    create: (name: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if (await find(name, tx.read)) throw new Refusal('conflict', `Conflicting resource class already exists: ${name}`)
        await store.insert(tx, name, clock.now())
      }),

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

    rename: (from: string, to: string, cause: Cause): Promise<ResourceClass> =>
      write(cause, async tx => {
        await store.updateToHold(tx, [from])
        const before = await get(from, tx.read)
        if (isStandardClass(from)) throw new Refusal('invalid', `Cannot update standard resource class ${from}`)
        if (await find(to, tx.read)) throw new Refusal('conflict', `Resource class already exists: ${to}`)
        await store.update(tx, from, to)
        for (const other of others) await other.renameClass(tx, from, to)
        return { ...before, name: to }
      }),

    delete: (name: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await store.updateToHold(tx, [name])
        await get(name, tx.read)
        const prefix = 'Error in delete resource class: '
        if (isStandardClass(name)) throw new Refusal('invalid', `${prefix}Cannot delete standard resource class ${name}.`)
        if (await isUsed(name, tx.read))
          throw new Refusal('conflict', `${prefix}Cannot delete resource class ${name}. Class is in use in inventory.`)
        await store.delete(tx, name)
      }),
  }
}

export type ResourceClassLogic = ReturnType<typeof resourceClassLogic>
