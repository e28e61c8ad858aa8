import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import { mustKeepId } from '../wishes/wish.ts'
import type { PolicyDocument } from './policy-document.ts'
import type { PolicyDocumentStore } from './store.ts'

export interface Rooms {
  readonly store: PolicyDocumentStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Where endpoints are told which document is theirs. */
  readonly associations: { forgetPolicy(tx: Transaction, policyId: string): Promise<void> }
}

/** What a client wishes a document to be; what it leaves out stays as it is. */
export type Wish = { readonly [Field in keyof Omit<PolicyDocument, 'id'>]?: PolicyDocument[Field] | undefined }

/** Policy documents are kept for others, who make sense of them; one that goes is nobody's any more. */
export const policyDocumentLogic = ({ store, write, chance, associations }: Rooms) => ({
  list: () => store.list(),

  async get(id: string): Promise<PolicyDocument> {
    return (await store.find(id)) ?? refuseUnknown(id)
  },

  create: (wish: Wish & Pick<PolicyDocument, 'type' | 'blob'>, cause: Cause): Promise<PolicyDocument> =>
    write(cause, async tx => {
      const document: PolicyDocument = { extra: {}, ...given(wish), type: wish.type, blob: wish.blob, id: chance.hex() }
      await store.insert(tx, document)
      return document
    }),

  update: (id: string, { id: wishedId, ...wish }: Wish & { id?: string | undefined }, cause: Cause): Promise<PolicyDocument> =>
    write(cause, async tx => {
      mustKeepId(id, wishedId, 'Cannot change policy ID')
      const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      const document: PolicyDocument = { ...before, ...given(wish), extra: { ...before.extra, ...wish.extra } }
      await store.update(tx, document)
      return document
    }),

  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const document = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      await associations.forgetPolicy(tx, id)
      await store.delete(tx, document)
    }),
})

export type PolicyDocumentLogic = ReturnType<typeof policyDocumentLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find policy: ${id}.`)
}
