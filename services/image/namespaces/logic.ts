import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Viewer } from '../images/image.ts'
import type { Transaction, Write } from '../tables.ts'
import {
  type Association,
  type Item,
  type ItemKind,
  type Namespace,
  type NamespacePage,
  usualResourceTypes,
  type WholeNamespace,
} from './namespace.ts'
import type { NamespaceStore } from './store.ts'

export interface Rooms {
  readonly store: NamespaceStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly maxPageLength: number
}

export type NamespaceWish = Omit<Namespace, 'createdAt' | 'updatedAt'>
export type ItemWish = Pick<Item, 'name' | 'content'>
export type AssociationWish = Pick<Association, 'name' | 'prefix' | 'propertiesTarget'>

/** With a new namespace, what is in it from the beginning. */
export interface NewNamespace extends NamespaceWish {
  readonly items: Readonly<Record<ItemKind, readonly ItemWish[]>>
  readonly associations: readonly AssociationWish[]
}

/** The catalogs of metadata: names are unique in their place, and what is protected stays. */
export function namespaceLogic({ store, write, clock, maxPageLength }: Rooms) {
  const now = () => new Date(clock.now()).toISOString()
  const times = () => ({ createdAt: now(), updatedAt: now() })

  async function mustBeNew(tx: Transaction, kind: ItemKind, namespace: string, name: string) {
    if (await store.findItem(kind, namespace, name, tx.read))
      throw new Refusal('conflict', `A metadata definition ${kind} with name=${name} already exists in namespace=${namespace}.`)
  }

  async function insertItem(tx: Transaction, kind: ItemKind, namespace: string, { name, content }: ItemWish): Promise<Item> {
    await mustBeNew(tx, kind, namespace, name)
    const item: Item = { namespace, name, content, ...times() }
    await store.insertItem(tx, kind, item)
    return item
  }

  async function associate(tx: Transaction, namespace: string, wish: AssociationWish): Promise<Association> {
    const known = await store.listAssociations([namespace], tx.read)
    if (known.some(({ name }) => name === wish.name))
      throw new Refusal(
        'conflict',
        `The metadata definition resource-type association of resource-type=${wish.name} to namespace=${namespace} already exists.`,
      )
    const association: Association = { namespace, ...wish, ...times() }
    await store.insertAssociation(tx, association)
    return association
  }

  async function mustFind(kind: ItemKind, namespace: string, name: string, tx?: Transaction): Promise<Item> {
    const item = await store.findItem(kind, namespace, name, tx?.read)
    if (!item) throw new Refusal('not-found', `The metadata definition ${kind} with name=${name} was not found in namespace=${namespace}.`)
    return item
  }

  async function mustBeFree(tx: Transaction, name: string) {
    if (await store.find(name, tx.read)) throw new Refusal('conflict', `The metadata definition namespace=${name} already exists.`)
  }

  return {
    /** Nothing when there is none that the viewer may see. */
    async look(name: string, { isAdmin, projectId }: Viewer): Promise<Namespace | undefined> {
      const namespace = await store.find(name)
      return namespace && (isAdmin || namespace.visibility === 'public' || namespace.owner === projectId) ? namespace : undefined
    },

    async list({ after, ...page }: Omit<NamespacePage, 'after'> & { after: string | undefined }): Promise<readonly WholeNamespace[]> {
      const marker = after === undefined ? undefined : await store.find(after)
      if (after !== undefined && !marker) throw new Refusal('not-found', `Metadata definition namespace=${after} was not found.`)
      const limit = Math.min(page.limit, maxPageLength)
      const found = limit === 0 ? [] : await store.list({ ...page, after: marker, limit })
      const byName = Map.groupBy(await store.listAssociations(found.map(({ name }) => name)), one => one.namespace)
      return found.map(namespace => ({ namespace, associations: byName.get(namespace.name) ?? [], properties: [], objects: [], tags: [] }))
    },

    async whole(namespace: Namespace): Promise<WholeNamespace> {
      const { name } = namespace
      return {
        namespace,
        associations: await store.listAssociations([name]),
        properties: await store.listItems('property', name),
        objects: await store.listItems('object', name),
        tags: await store.listItems('tag', name),
      }
    },

    create: ({ items, associations, ...wish }: NewNamespace, cause: Cause): Promise<Namespace> =>
      write(cause, async tx => {
        await mustBeFree(tx, wish.name)
        const namespace: Namespace = { ...wish, ...times() }
        await store.insert(tx, namespace)
        for (const association of associations) await associate(tx, wish.name, association)
        for (const kind of ['property', 'object', 'tag'] as const)
          for (const item of items[kind]) await insertItem(tx, kind, wish.name, item)
        return namespace
      }),

    update: (before: Namespace, wish: NamespaceWish, cause: Cause): Promise<Namespace> =>
      write(cause, async tx => {
        if (wish.name !== before.name) await mustBeFree(tx, wish.name)
        const namespace: Namespace = { ...wish, createdAt: before.createdAt, updatedAt: now() }
        await store.update(tx, namespace, before.name)
        return namespace
      }),

    delete: (namespace: Namespace, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        mustBeFreeToGo(namespace, `namespace ${namespace.name}`)
        await store.delete(tx, namespace)
      }),

    listItems: (kind: ItemKind, { name }: Namespace) => store.listItems(kind, name),
    getItem: (kind: ItemKind, { name: namespace }: Namespace, name: string) => mustFind(kind, namespace, name),
    createItem: (kind: ItemKind, { name }: Namespace, wish: ItemWish, cause: Cause): Promise<Item> =>
      write(cause, tx => insertItem(tx, kind, name, wish)),

    updateItem: (kind: ItemKind, { name: namespace }: Namespace, before: string, wish: ItemWish, cause: Cause): Promise<Item> =>
      write(cause, async tx => {
        const found = await mustFind(kind, namespace, before, tx)
        if (wish.name !== before) await mustBeNew(tx, kind, namespace, wish.name)
        const item: Item = { ...found, ...wish, updatedAt: now() }
        await store.updateItem(tx, kind, item, before)
        return item
      }),

    deleteItem: (kind: ItemKind, namespace: Namespace, name: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        mustBeFreeToGo(namespace, `${kind} ${name}`)
        await store.deleteItem(tx, kind, await mustFind(kind, namespace.name, name, tx))
      }),

    deleteItems: (kind: ItemKind, namespace: Namespace, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        mustBeFreeToGo(namespace, `namespace ${namespace.name}`)
        for (const item of await store.listItems(kind, namespace.name, tx.read)) await store.deleteItem(tx, kind, item)
      }),

    /** Tags in place of those there are, or besides them. */
    setTags: ({ name: namespace }: Namespace, names: readonly string[], { isMore }: { isMore: boolean }, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        if (!isMore) for (const tag of await store.listItems('tag', namespace, tx.read)) await store.deleteItem(tx, 'tag', tag)
        for (const name of names) await insertItem(tx, 'tag', namespace, { name, content: {} })
      }),

    listResourceTypes: async (): Promise<readonly string[]> =>
      [...new Set([...usualResourceTypes, ...(await store.listResourceTypes())])].sort(),
    listAssociations: ({ name }: Pick<Namespace, 'name'>) => store.listAssociations([name]),
    associate: ({ name }: Namespace, wish: AssociationWish, cause: Cause): Promise<Association> =>
      write(cause, tx => associate(tx, name, wish)),

    dissociate: (namespace: Namespace, type: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        mustBeFreeToGo(namespace, `resource-type-association ${type}`)
        const found = (await store.listAssociations([namespace.name], tx.read)).find(({ name }) => name === type)
        if (!found) throw new Refusal('not-found', `Failed to find resource type ${type} to delete`)
        await store.deleteAssociation(tx, found)
      }),
  }
}

export type NamespaceLogic = ReturnType<typeof namespaceLogic>

function mustBeFreeToGo({ isProtected }: Namespace, what: string): void {
  if (isProtected) throw new Refusal('forbidden', `Metadata definition ${what} is protected and cannot be deleted.`)
}
