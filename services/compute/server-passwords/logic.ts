import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Write } from '../tables.ts'
import { mostBytes } from './server-password.ts'
import type { PasswordStore } from './store.ts'

interface Owned {
  readonly id: string
  readonly projectId: string
}

export const passwordLogic = ({ store, write }: { readonly store: PasswordStore; readonly write: Write }) => ({
  get: async (serverId: string): Promise<string | null> => (await store.find(serverId)) ?? null,

  /** Once, by the guest; until its owner clears it. */
  set: (server: Owned, sealed: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      if (await store.find(server.id, tx.read)) throw new Refusal('conflict', 'There was a conflict when trying to complete your request.')
      if (sealed.length > mostBytes) throw new Refusal('invalid', 'Request is too large.')
      if (sealed !== '') await store.insert(tx, server.id, sealed, server.projectId)
    }),

  clear: (server: Owned, cause: Cause): Promise<void> =>
    write(cause, async tx => void (await store.delete(tx, server.id, server.projectId))),
})

export type PasswordLogic = ReturnType<typeof passwordLogic>
