import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted } from '../../listings/listing.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import type { SharingLogic } from '../../rbac-policies/logic/sharing.ts'
import { refuseConflict, refuseInput, refuseUnknown } from '../../refusals/refusal.ts'
import { type Act, mustBeAt } from '../../standards/standard/act.ts'
import { fresh, revised } from '../../standards/standard/standard.ts'
import type { Reading, Transaction, Write } from '../../tables.ts'
import type { TagLogic } from '../../tags/logic.ts'
import type { RuleWish, SecurityGroupChange, SecurityGroupWish } from '../security-group/attributes.ts'
import type { RuleMatter, SecurityGroup, SecurityGroupRule } from '../security-group/security-group.ts'
import type { RuleStore, SecurityGroupStore } from '../store.ts'
import { canonical, checkRule, mustBeNew } from './rules.ts'

export interface Rooms {
  readonly store: SecurityGroupStore
  readonly rules: RuleStore
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid'>
  readonly clock: Pick<Clock, 'now'>
  readonly quotas: Pick<QuotaLogic, 'take' | 'note' | 'give'>
  readonly tags: Pick<TagLogic, 'forget'>
  readonly sharing: Pick<SharingLogic, 'forget'>
  /** What a new group begins with. */
  readonly firstRules: (tx: Transaction, groupId: string, isDefault: boolean) => Promise<readonly RuleMatter[]>
  /** Who lets go of a group when it goes. */
  readonly others: readonly { forgetGroup(tx: Transaction, id: string): Promise<unknown> }[]
  readonly addressGroups: { mustExist(tx: Transaction, id: string, viewer: Viewer): Promise<unknown> }
}

/** The rules of security groups: every project has a default one, groups in use stay, and no rule is there twice. */
export function securityGroupLogic({
  store,
  rules,
  write,
  chance,
  clock,
  quotas,
  tags,
  sharing,
  firstRules,
  others,
  addressGroups,
}: Rooms) {
  const get = async (id: string, viewer: Viewer, from?: Reading): Promise<SecurityGroup> =>
    (await store.find(id, viewer, from)) ?? refuseUnknown('SecurityGroupNotFound', `Security group ${id} does not exist`)

  const toRule = (matter: RuleMatter, projectId: string, description = ''): SecurityGroupRule => ({
    ...fresh(chance.uuid(), projectId, clock.now(), description),
    ...matter,
  })

  async function createOne(
    tx: Transaction,
    { name, description, stateful, projectId = '' }: SecurityGroupWish,
    isDefault = false,
  ): Promise<string> {
    const id = chance.uuid()
    const count = isDefault ? quotas.note : quotas.take
    await count(tx, projectId, 'security_group', 1)
    const first = (await firstRules(tx, id, isDefault)).map(matter => toRule(matter, projectId))
    await store.insert(tx, [{ ...fresh(id, projectId, clock.now(), description), name, stateful, shared: false, rules: first, isDefault }])
    // What comes along with a group is counted; only what is asked for is limited.
    await quotas.note(tx, projectId, 'security_group_rule', first.length)
    await rules.insert(tx, first)
    if (isDefault) await store.setDefault(tx, projectId, id)
    return id
  }

  async function usualOf(tx: Transaction, projectId: string): Promise<string> {
    const found = await store.defaultOf(projectId, tx.read)
    if (found !== undefined && (await store.hold(tx, found))) return found
    return createOne(tx, { name: 'default', description: 'Default security group', stateful: true, projectId }, true)
  }

  /** A project that looks at its groups for the first time finds the default one. */
  async function ensureUsual({ projectId }: Viewer, cause: Act['cause']): Promise<void> {
    if (projectId === undefined || (await store.defaultOf(projectId)) !== undefined) return
    await write(cause, async tx => void (await usualOf(tx, projectId)))
  }
  const looking = { requestId: 'req-first-look', why: 'the default security group of a project' }

  async function addRules(tx: Transaction, wishes: readonly RuleWish[], act: Act): Promise<readonly SecurityGroupRule[]> {
    const groupIds = new Set(wishes.map(wish => wish.securityGroupId))
    if (groupIds.size > 1)
      refuseInput('Only allowed to update rules for one security profile at a time', 'SecurityGroupNotSingleGroupRules')
    if (new Set(wishes.map(wish => wish.projectId)).size > 1)
      refuseInput('Multiple tenant_ids in bulk security group rule create not allowed', 'SecurityGroupRulesNotSingleTenant')
    const made: SecurityGroupRule[] = []
    for (const wish of wishes) made.push(toRule(await checkedRule(tx, wish, act), wish.projectId ?? '', wish.description))
    const [groupId = ''] = groupIds
    await store.hold(tx, groupId)
    const group = await get(groupId, act.viewer, tx.read)
    mustBeNew(made, group.rules)
    await quotas.take(tx, made[0]?.projectId ?? '', 'security_group_rule', made.length)
    await rules.insert(tx, made)
    await store.update(tx, revised(group, clock.now()))
    return made
  }

  async function checkedRule(tx: Transaction, wish: RuleWish, act: Act): Promise<RuleMatter> {
    const { projectId: _, description: __, ...said } = wish
    const { securityGroupId, remoteGroupId, remoteAddressGroupId } = said
    const matter = canonical(said)
    checkRule(matter)
    if (remoteGroupId !== null) await store.hold(tx, remoteGroupId)
    if (remoteGroupId !== null) await get(remoteGroupId, act.viewer, tx.read)
    if (remoteAddressGroupId !== null) await addressGroups.mustExist(tx, remoteAddressGroupId, act.viewer)
    await get(securityGroupId, act.viewer, tx.read)
    return matter
  }

  return {
    usualOf,

    async mustExist(tx: Transaction, ids: readonly string[], viewer: Viewer): Promise<void> {
      for (const id of [...ids].sort()) await store.hold(tx, id)
      const found = ids.length === 0 ? [] : await store.list({ filters: { id: ids }, sort: [] }, viewer, tx.read)
      const missing = ids.filter(id => !found.some(group => group.id === id))
      if (missing.length > 0) refuseUnknown('SecurityGroupNotFound', `Security group ${missing.join(', ')} does not exist`)
      if (new Set(found.map(({ stateful }) => stateful)).size > 1)
        refuseConflict(
          'SecurityGroupConflict',
          'Error Cannot apply both stateful and stateless security groups on the same port at the same time while attempting the operation.',
        )
    },

    groups: {
      find: store.find,
      async list(wanted: Wanted, viewer: Viewer): Promise<readonly SecurityGroup[]> {
        await ensureUsual(viewer, looking)
        const [asked, ...more] = wanted.filters['project_id'] ?? []
        if (viewer.seesAll && typeof asked === 'string' && more.length === 0)
          await ensureUsual({ seesAll: false, projectId: asked }, looking)
        return store.list(wanted, viewer)
      },
      get: (id: string, viewer: Viewer) => get(id, viewer),

      create: (wishes: readonly SecurityGroupWish[], act: Act): Promise<readonly SecurityGroup[]> =>
        write(act.cause, async tx => {
          const made: SecurityGroup[] = []
          for (const wish of wishes) {
            await usualOf(tx, wish.projectId ?? '')
            made.push(await get(await createOne(tx, wish), act.viewer, tx.read))
          }
          return made
        }),

      update: (id: string, change: SecurityGroupChange, act: Act): Promise<SecurityGroup> =>
        write(act.cause, async tx => {
          const before = await get(id, act.viewer, tx.read)
          mustBeAt(act, before)
          if (before.isDefault && change.name !== undefined)
            refuseConflict('SecurityGroupCannotUpdateDefault', 'Updating default security group not allowed.')
          if (change.stateful !== undefined && change.stateful !== before.stateful && (await store.isOnPorts(id, tx.read))) refuseInUse(id)
          const { name, description, stateful } = change
          const group = revised({ ...before, ...given({ name, description, stateful }) }, clock.now())
          await store.update(tx, group)
          return group
        }),

      delete: (id: string, act: Act): Promise<void> =>
        write(act.cause, async tx => {
          await store.hold(tx, id)
          const group = await get(id, act.viewer, tx.read)
          mustBeAt(act, group)
          if (await store.isOnPorts(id, tx.read)) refuseInUse(id)
          if (group.isDefault && !act.viewer.seesAll)
            refuseConflict('SecurityGroupCannotRemoveDefault', 'Insufficient rights for removing default security group.')
          const meant = await rules.list({ filters: { remote_group_id: [id] }, sort: [] }, everybody, tx.read)
          const doomed = [...group.rules, ...meant.filter(rule => rule.securityGroupId !== id)]
          for (const rule of doomed) {
            await rules.delete(tx, rule)
            await quotas.give(tx, rule.projectId, 'security_group_rule')
          }
          await store.unsetDefault(tx, id)
          await sharing.forget(tx, [id])
          for (const { forgetGroup } of others) await forgetGroup(tx, id)
          await tags.forget(tx, id)
          await store.delete(tx, group)
          await quotas.give(tx, group.projectId, 'security_group')
        }),
    },

    rules: {
      find: rules.find,
      list: async (wanted: Wanted, viewer: Viewer): Promise<readonly SecurityGroupRule[]> => {
        await ensureUsual(viewer, looking)
        return rules.list(wanted, viewer)
      },
      get: async (id: string, viewer: Viewer): Promise<SecurityGroupRule> =>
        (await rules.find(id, viewer)) ?? refuseUnknown('SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`),

      create: (wishes: readonly RuleWish[], act: Act): Promise<readonly SecurityGroupRule[]> =>
        write(act.cause, tx => addRules(tx, wishes, act)),

      delete: (id: string, act: Act): Promise<void> =>
        write(act.cause, async tx => {
          const rule =
            (await rules.find(id, act.viewer, tx.read)) ??
            refuseUnknown('SecurityGroupRuleNotFound', `Security group rule ${id} does not exist`)
          mustBeAt(act, rule)
          await rules.delete(tx, rule)
          await quotas.give(tx, rule.projectId, 'security_group_rule')
          const group = await store.find(rule.securityGroupId, everybody, tx.read)
          if (group) await store.update(tx, revised(group, clock.now()))
        }),
    },
  }
}

export type SecurityGroupLogic = ReturnType<typeof securityGroupLogic>

const refuseInUse = (id: string): never => refuseConflict('SecurityGroupInUse', `Security Group ${id} in use.`)
