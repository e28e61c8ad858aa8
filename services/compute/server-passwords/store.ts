import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'

/** What a guest says its password is, sealed with its owner's public key. */
export const passwordStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(serverId: string, from = read): Promise<string | undefined> {
    const row = await from.selectFrom('server_password').select('sealed').where('instance_id', '=', serverId).executeTakeFirst()
    return row?.sealed
  },

  insert: (tx: Transaction, serverId: string, sealed: string, projectId: string) =>
    tx.change(change(serverId, projectId, 'set'), sql =>
      sql.insertInto('server_password').values({ instance_id: serverId, sealed }).execute(),
    ),

  delete: (tx: Transaction, serverId: string, projectId: string) =>
    tx.change(change(serverId, projectId, 'cleared'), sql =>
      sql.deleteFrom('server_password').where('instance_id', '=', serverId).execute(),
    ),
})

export type PasswordStore = ReturnType<typeof passwordStore>

const change = (id: string, projectId: string, act: string) => ({ kind: 'compute.server_password', id, act, projectId })
