import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import { refuseMissing } from '../wishes/wish.ts'
import { type Credential, isEc2 } from './credential.ts'
import type { CredentialStore } from './store.ts'

export interface Rooms {
  readonly store: CredentialStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
  /** Hexadecimal digits. */
  readonly sha256: (text: string) => string
  /** How many a user may have: `[credential] user_limit`; negative is no limit. */
  readonly userLimit: number
}

export interface Wish {
  readonly blob?: string | undefined
  readonly projectId?: string | undefined
  readonly type?: string | undefined
  readonly userId?: string | undefined
}

/** The rules of credentials: an EC2 one is found by its access key, and whoever a credential stands for stays the same. */
export const credentialLogic = ({ store, write, chance, sha256, userLimit }: Rooms) => ({
  async get(id: string): Promise<Credential> {
    return (await store.find(id)) ?? refuseUnknown(id)
  },

  /** The EC2 credential of an access key. */
  async findByAccess(access: string): Promise<Credential | undefined> {
    const found = await store.find(sha256(access))
    return found && isEc2(found.type) ? found : undefined
  },

  list: (filter: Wish): Promise<readonly Credential[]> => store.list(filter),

  create(wish: Omit<Credential, 'id'>, cause: Cause): Promise<Credential> {
    if (isEc2(wish.type) && wish.projectId === null) refuseMissing('project_id', 'credential')
    const id = isEc2(wish.type) ? sha256(readKey(wish.blob).access) : chance.hex()
    const credential: Credential = { ...wish, id }
    return write(cause, async tx => {
      if (userLimit >= 0 && (await store.count(wish.userId, tx.read)) >= userLimit)
        throw new Refusal('over-quota', `Unable to create additional credentials, maximum of ${userLimit} already exceeded for user.`)
      if (await store.find(id, tx.read))
        throw new Refusal('conflict', `Conflict occurred attempting to store credential - Duplicate entry found with ID ${id}.`)
      await store.insert(tx, credential)
      return credential
    })
  },

  update: (id: string, wish: Wish, cause: Cause): Promise<Credential> =>
    write(cause, async tx => {
      const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      mustStandForTheSame(before, wish)
      const credential: Credential = { ...before, blob: wish.blob ?? before.blob, projectId: wish.projectId ?? before.projectId }
      await store.update(tx, credential)
      return credential
    }),

  delete: (id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const credential = (await store.find(id, tx.read)) ?? refuseUnknown(id)
      await store.delete(tx, credential)
    }),

  forgetUser: (tx: Transaction, userId: string) => store.deleteAll(tx, { userId }),
  forgetProject: (tx: Transaction, projectId: string) => store.deleteAll(tx, { projectId }),
  forgetDomain: (tx: Transaction, projectId: string) => store.deleteAll(tx, { projectId }),
})

export type CredentialLogic = ReturnType<typeof credentialLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find credential: ${id}.`)
}

/** What an EC2 blob says. The last three are there when the key was made by a token that somebody handed on, and bound to it. */
export interface Ec2Key {
  readonly access: string
  readonly secret: string
  readonly trust_id?: string | null
  readonly app_cred_id?: string | null
  readonly access_token_id?: string | null
}

export function readKey(blob: string): Ec2Key {
  const once = parse(blob)
  // Some clients write the JSON of a text that is JSON.
  const key = typeof once === 'string' ? parse(once) : once
  if (typeof key !== 'object' || key === null || Object.keys(key).length === 0) return refuseMissing('blob', 'credential')
  const { access } = key as Partial<Ec2Key>
  if (typeof access !== 'string') return refuseMissing('access', 'credential')
  return key as Ec2Key
}

function parse(blob: string): unknown {
  try {
    return JSON.parse(blob)
  } catch (cause) {
    throw new Refusal('invalid', 'Invalid blob in credential', { cause })
  }
}

const bonds = ['trust_id', 'app_cred_id', 'access_token_id', 'access_id'] as const

/** Neither its user nor its type ever changes, nor what an EC2 key is bound to; a bound key keeps its project as well. */
function mustStandForTheSame(before: Credential, wish: Wish) {
  if (wish.userId !== undefined && wish.userId !== before.userId) refuseUpdate('user_id')
  if (wish.type !== undefined && wish.type !== before.type) refuseUpdate('type')
  if (!isEc2(before.type)) return
  const old = readKey(before.blob) as Ec2Key & Record<string, unknown>
  const next = (wish.blob === undefined ? old : readKey(wish.blob)) as Ec2Key & Record<string, unknown>
  for (const bond of bonds) if ((old[bond] ?? null) !== (next[bond] ?? null)) refuseUpdate(bond)
  const isBound = bonds.some(bond => (old[bond] ?? null) !== null)
  if (isBound && wish.projectId !== undefined && wish.projectId !== before.projectId) refuseUpdate('project_id')
}

const refuseUpdate = (field: string): never => {
  throw new Refusal('invalid', `${field} can not be updated for credential`)
}
