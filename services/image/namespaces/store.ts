import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import type { NamespaceItemRow, NamespaceResourceTypeRow, NamespaceRow, Tables, Transaction } from '../tables.ts'
import type { Association, Item, ItemKind, Namespace, NamespacePage } from './namespace.ts'

type Db = Pick<Database<Tables>, 'read'>

/** Namespaces and what is in them. */
export const namespaceStore = (db: Db) => ({ ...namespaces(db), ...items(db), ...associations(db) })
export type NamespaceStore = ReturnType<typeof namespaceStore>

const namespaces = ({ read }: Db) => ({
  async find(name: string, from = read): Promise<Namespace | undefined> {
    const row = await from.selectFrom('namespace').selectAll().where('name', '=', name).executeTakeFirst()
    return row && toNamespace(row)
  },

  async list(
    { projectId, isAdmin, visibility, resourceTypes, way, after, limit }: NamespacePage,
    from = read,
  ): Promise<readonly Namespace[]> {
    const beyond = way === 'asc' ? '>' : '<'
    const rows = await from
      .selectFrom('namespace')
      .selectAll()
      .$if(!isAdmin, page => page.where(eb => eb.or([eb('visibility', '=', 'public'), eb('owner', '=', projectId ?? '')])))
      .$if(visibility !== undefined, page => page.where('visibility', '=', visibility ?? ''))
      .$if(resourceTypes !== undefined, page =>
        page.where('name', 'in', eb =>
          eb
            .selectFrom('namespace_resource_type')
            .select('namespace')
            .where('namespace_resource_type.name', 'in', resourceTypes ?? []),
        ),
      )
      .$if(after !== undefined, page =>
        page.where(eb =>
          eb.or([
            eb('created_at', beyond, after?.createdAt ?? ''),
            eb.and([eb('created_at', '=', after?.createdAt ?? ''), eb('name', beyond, after?.name ?? '')]),
          ]),
        ),
      )
      .orderBy('created_at', way)
      .orderBy('name', way)
      .limit(limit)
      .execute()
    return rows.map(toNamespace)
  },

  insert: (tx: Transaction, namespace: Namespace) =>
    tx.change(change(namespace, 'created'), sql => sql.insertInto('namespace').values(toRow(namespace)).execute()),

  /** Takes along what is in it when its name changes. */
  update: (tx: Transaction, namespace: Namespace, before: string) =>
    tx.change(change(namespace, 'updated'), async sql => {
      await sql.updateTable('namespace').set(toRow(namespace)).where('name', '=', before).execute()
      if (namespace.name === before) return
      for (const table of [...Object.values(tables), 'namespace_resource_type' as const])
        await sql
          .updateTable(table as 'namespace_tag')
          .set({ namespace: namespace.name })
          .where('namespace', '=', before)
          .execute()
    }),

  delete: (tx: Transaction, namespace: Namespace) =>
    tx.change(change(namespace, 'deleted'), async sql => {
      for (const table of [...Object.values(tables), 'namespace_resource_type' as const])
        await sql
          .deleteFrom(table as 'namespace_tag')
          .where('namespace', '=', namespace.name)
          .execute()
      await sql.deleteFrom('namespace').where('name', '=', namespace.name).execute()
    }),
})

const tables = { property: 'namespace_property', object: 'namespace_object', tag: 'namespace_tag' } as const satisfies Record<
  ItemKind,
  keyof Tables
>
/** The three tables have the same rows. */
const tableOf = (kind: ItemKind) => tables[kind] as 'namespace_tag'

const items = ({ read }: Db) => ({
  async findItem(kind: ItemKind, namespace: string, name: string, from = read): Promise<Item | undefined> {
    const row = await from
      .selectFrom(tableOf(kind))
      .selectAll()
      .where('namespace', '=', namespace)
      .where('name', '=', name)
      .executeTakeFirst()
    return row && toItem(row)
  },

  async listItems(kind: ItemKind, namespace: string, from = read): Promise<readonly Item[]> {
    const rows = await from.selectFrom(tableOf(kind)).selectAll().where('namespace', '=', namespace).orderBy('name').execute()
    return rows.map(toItem)
  },

  insertItem: (tx: Transaction, kind: ItemKind, item: Item) =>
    tx.change(itemChange(kind, item, 'created'), sql => sql.insertInto(tableOf(kind)).values(toItemRow(item)).execute()),

  updateItem: (tx: Transaction, kind: ItemKind, item: Item, before: string) =>
    tx.change(itemChange(kind, item, 'updated'), sql =>
      sql.updateTable(tableOf(kind)).set(toItemRow(item)).where('namespace', '=', item.namespace).where('name', '=', before).execute(),
    ),

  deleteItem: (tx: Transaction, kind: ItemKind, item: Item) =>
    tx.change(itemChange(kind, item, 'deleted'), sql =>
      sql.deleteFrom(tableOf(kind)).where('namespace', '=', item.namespace).where('name', '=', item.name).execute(),
    ),
})

const associations = ({ read }: Db) => ({
  async listAssociations(namespaces: readonly string[], from = read): Promise<readonly Association[]> {
    if (namespaces.length === 0) return []
    const rows = await from.selectFrom('namespace_resource_type').selectAll().where('namespace', 'in', namespaces).orderBy('name').execute()
    return rows.map(toAssociation)
  },

  async listResourceTypes(from = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('namespace_resource_type').select('name').distinct().execute()
    return rows.map(({ name }) => name)
  },

  insertAssociation: (tx: Transaction, association: Association) =>
    tx.change(associationChange(association, 'created'), sql =>
      sql.insertInto('namespace_resource_type').values(toAssociationRow(association)).execute(),
    ),

  deleteAssociation: (tx: Transaction, association: Association) =>
    tx.change(associationChange(association, 'deleted'), sql =>
      sql
        .deleteFrom('namespace_resource_type')
        .where('namespace', '=', association.namespace)
        .where('name', '=', association.name)
        .execute(),
    ),
})

const change = (namespace: Namespace, act: string) => ({
  kind: 'image.namespace',
  id: namespace.name,
  act,
  projectId: namespace.owner,
  after: namespace,
})
const itemChange = (kind: ItemKind, item: Item, act: string) => ({
  kind: `image.namespace_${kind}`,
  id: `${item.namespace}/${item.name}`,
  act,
})
const associationChange = ({ namespace, name }: Association, act: string) => ({
  kind: 'image.namespace_resource_type',
  id: `${namespace}/${name}`,
  act,
})

const toRow = (one: Namespace): Insertable<NamespaceRow> => ({
  name: one.name,
  display_name: one.displayName,
  description: one.description,
  visibility: one.visibility,
  protected: one.isProtected,
  owner: one.owner,
  created_at: one.createdAt,
  updated_at: one.updatedAt,
})

const toNamespace = (row: Selectable<NamespaceRow>): Namespace => ({
  name: row.name,
  displayName: row.display_name,
  description: row.description,
  visibility: row.visibility === 'public' ? 'public' : 'private',
  isProtected: isSet(row.protected),
  owner: row.owner,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toItemRow = (item: Item): NamespaceItemRow => ({
  namespace: item.namespace,
  name: item.name,
  content: JSON.stringify(item.content),
  created_at: item.createdAt,
  updated_at: item.updatedAt,
})

const toItem = (row: NamespaceItemRow): Item => ({
  namespace: row.namespace,
  name: row.name,
  content: JSON.parse(row.content),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})

const toAssociationRow = (one: Association): NamespaceResourceTypeRow => ({
  namespace: one.namespace,
  name: one.name,
  prefix: one.prefix,
  properties_target: one.propertiesTarget,
  created_at: one.createdAt,
  updated_at: one.updatedAt,
})

const toAssociation = (row: NamespaceResourceTypeRow): Association => ({
  namespace: row.namespace,
  name: row.name,
  prefix: row.prefix,
  propertiesTarget: row.properties_target,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
