import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'

/** The keys themselves lie among the credentials; here is only who they may be made for: reads across the corridor. */
export const ec2CredentialStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async hasUser(id: string): Promise<boolean> {
    return (await read.selectFrom('user').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
  },

  async hasProject(id: string): Promise<boolean> {
    return (await read.selectFrom('project').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
  },
})

export type Ec2CredentialStore = ReturnType<typeof ec2CredentialStore>
