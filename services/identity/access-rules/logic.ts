import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Filter, passes } from '../filters/filter.ts'
import type { Transaction, Write } from '../tables.ts'
import type { AccessRule } from './access-rule.ts'
import type { AccessRuleStore } from './store.ts'

export interface Rooms {
  readonly store: AccessRuleStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex'>
}

/** How a request names a rule: one that exists by its id, or what it is to allow. */
export type RuleWish = { readonly [Field in 'id' | 'service' | 'path' | 'method']?: string | undefined }

/** The rules of access rules: a user has each only once, they come with application credentials, and one in use stays. */
export const accessRuleLogic = ({ store, write, chance }: Rooms) => ({
  async list(
    filter: { userId: string; service?: string | undefined; path?: string | undefined; method?: string | undefined },
    inexact: readonly Filter[] = [],
  ): Promise<readonly AccessRule[]> {
    const rules = await store.list(filter)
    return rules.filter(rule => passes(inexact, field => rule[field as 'service' | 'path' | 'method']))
  },

  /** A rule of this user's; somebody else's is as if it were not there. */
  async get(userId: string, id: string): Promise<AccessRule> {
    const rule = await store.find(id)
    return rule?.userId === userId ? rule : refuseUnknown(id)
  },

  findUser: store.findUser,

  delete: (userId: string, id: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      const rule = await store.find(id, tx.read)
      if (rule?.userId !== userId) return refuseUnknown(id)
      if ((await store.countUses(id, tx.read)) > 0) throw new Refusal('forbidden', 'May not delete access rule in use')
      await store.delete(tx, rule)
    }),

  /** In the transaction of the application credential that needs them. */
  async ensureAll(tx: Transaction, userId: string, wishes: readonly RuleWish[]): Promise<readonly AccessRule[]> {
    const known = await store.list({ userId }, tx.read)
    const rules = new Map<string, AccessRule>()
    for (const wish of wishes) {
      const rule = findWished([...known, ...rules.values()], wish) ?? newRule(userId, wish, chance)
      if (!known.includes(rule) && !rules.has(rule.id)) await store.insert(tx, rule)
      rules.set(rule.id, rule)
    }
    return [...rules.values()]
  },

  async forgetUser(tx: Transaction, userId: string): Promise<void> {
    for (const rule of await store.list({ userId }, tx.read)) await store.delete(tx, rule)
  },
})

export type AccessRuleLogic = ReturnType<typeof accessRuleLogic>

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find Access Rule: ${id}.`)
}

const findWished = (known: readonly AccessRule[], { id, service, path, method }: RuleWish) =>
  known.find(rule => (id !== undefined && rule.id === id) || (rule.service === service && rule.path === path && rule.method === method))

function newRule(userId: string, { id, service, path, method }: RuleWish, chance: Pick<Chance, 'hex'>): AccessRule {
  if (service === undefined || path === undefined || method === undefined) {
    if (id !== undefined) return refuseUnknown(id)
    throw new Refusal('invalid', 'Invalid input for field/attribute access_rules: a rule needs a service, a path and a method.')
  }
  return { id: chance.hex(), userId, service, path, method }
}
