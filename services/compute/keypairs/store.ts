import type { Selectable } from 'kysely'
import type { ApiRead, ApiTransaction, KeypairRow } from '../tables/api.ts'
import type { Keypair } from './keypair.ts'

export const keypairStore = ({ read }: ApiRead) => ({
  async find(userId: string, name: string, from = read): Promise<Keypair | undefined> {
    const row = await from.selectFrom('key_pair').selectAll().where('user_id', '=', userId).where('name', '=', name).executeTakeFirst()
    return row && toKeypair(row)
  },

  async list(userId: string, from = read): Promise<readonly Keypair[]> {
    const rows = await from.selectFrom('key_pair').selectAll().where('user_id', '=', userId).orderBy('name').execute()
    return rows.map(toKeypair)
  },

  async highestNumber(from = read): Promise<number> {
    const row = await from
      .selectFrom('key_pair')
      .select(({ fn }) => fn.max('number').as('highest'))
      .executeTakeFirst()
    return Number(row?.highest ?? 0)
  },

  insert: (tx: ApiTransaction, keypair: Keypair) =>
    tx.change(change(keypair, 'created'), sql => sql.insertInto('key_pair').values(toRow(keypair)).execute()),

  delete: (tx: ApiTransaction, keypair: Keypair) =>
    tx.change(change(keypair, 'deleted'), sql =>
      sql.deleteFrom('key_pair').where('user_id', '=', keypair.userId).where('name', '=', keypair.name).execute(),
    ),
})

export type KeypairStore = ReturnType<typeof keypairStore>

const change = (keypair: Keypair, act: string) => ({
  kind: 'compute.keypair',
  id: keypair.name,
  act,
  userId: keypair.userId,
  after: act === 'deleted' ? undefined : { name: keypair.name, type: keypair.type, fingerprint: keypair.fingerprint },
})

const toRow = ({ number, userId, name, type, publicKey, fingerprint, createdAt }: Keypair): KeypairRow => ({
  number,
  user_id: userId,
  name,
  type,
  public_key: publicKey,
  fingerprint,
  created_at: createdAt,
})

const toKeypair = (row: Selectable<KeypairRow>): Keypair => ({
  number: Number(row.number),
  userId: row.user_id,
  name: row.name,
  type: row.type === 'x509' ? 'x509' : 'ssh',
  publicKey: row.public_key,
  fingerprint: row.fingerprint,
  createdAt: row.created_at,
})
