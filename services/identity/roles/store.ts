import { folded } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { RoleRow, Tables, Transaction } from '../tables.ts'
import type { Role } from './role.ts'

/** Roles in the table `role`, where '' stands for no domain. */
export const roleStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<Role | undefined> {
    const row = await from.selectFrom('role').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toRole(row)
  },

  async findByName(name: string, domainId: string | null, from = read): Promise<Role | undefined> {
    const row = await from
      .selectFrom('role')
      .selectAll()
      .where('domain_id', '=', domainId ?? '')
      .where('name_folded', '=', folded(name))
      .executeTakeFirst()
    return row && toRole(row)
  },

  /** `domainId: null` lists the roles of the whole cloud; left out, those of everyone. */
  async list(
    filter: { domainId?: string | null | undefined; name?: string | undefined; ids?: readonly string[] | undefined } = {},
    from = read,
  ): Promise<readonly Role[]> {
    if (filter.ids?.length === 0) return []
    let roles = from.selectFrom('role').selectAll().orderBy('name').orderBy('id')
    if (filter.domainId !== undefined) roles = roles.where('domain_id', '=', filter.domainId ?? '')
    if (filter.name !== undefined) roles = roles.where('name_folded', '=', folded(filter.name))
    if (filter.ids) roles = roles.where('id', 'in', [...filter.ids])
    return (await roles.execute()).map(toRole)
  },

  /** Whether there is such a domain: a read across the corridor. */
  async hasDomain(id: string, from = read): Promise<boolean> {
    const row = await from.selectFrom('project').select('id').where('id', '=', id).where('is_domain', '=', 1).executeTakeFirst()
    return row !== undefined
  },

  insert: (tx: Transaction, role: Role) => tx.change(change(role, 'created'), sql => sql.insertInto('role').values(toRow(role)).execute()),

  update: (tx: Transaction, role: Role) =>
    tx.change(change(role, 'updated'), sql => sql.updateTable('role').set(toRow(role)).where('id', '=', role.id).execute()),

  delete: (tx: Transaction, role: Role) =>
    tx.change(change(role, 'deleted'), sql => sql.deleteFrom('role').where('id', '=', role.id).execute()),
})

export type RoleStore = ReturnType<typeof roleStore>

const change = (role: Role, act: string) => ({
  kind: 'identity.role',
  id: role.id,
  act,
  domainId: role.domainId ?? undefined,
  after: role,
})

const toRow = ({ id, name, domainId, description, options, extra }: Role): RoleRow => ({
  id,
  name,
  name_folded: folded(name),
  domain_id: domainId ?? '',
  description,
  options: JSON.stringify(options),
  extra: JSON.stringify(extra),
})

const toRole = (row: RoleRow): Role => ({
  id: row.id,
  name: row.name,
  domainId: row.domain_id === '' ? null : row.domain_id,
  description: row.description,
  options: JSON.parse(row.options),
  extra: JSON.parse(row.extra),
})
