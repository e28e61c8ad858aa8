import { seededChance } from '@kilonova/platform/chance.ts'
import { expect, test } from 'vitest'
import type { Forgetful } from '../forgetting/forgetting.ts'
import { groupLogic } from '../groups/logic.ts'
import { groupStore } from '../groups/store.ts'
import { emptyDatabase } from '../kit.ts'
import { projectLogic } from '../projects/logic.ts'
import { projectStore } from '../projects/store.ts'
import { userLogic } from '../users/logic.ts'
import { userStore } from '../users/store.ts'
import { domainLogic } from './logic.ts'

const cause = { requestId: 'req-1', why: 'test' }

test('a domain that goes takes its projects, users, groups and memberships along, each with a change of its own', async () => {
  const db = await emptyDatabase()
  const others: Forgetful[] = []
  const made = {
    write: db.transaction,
    chance: seededChance(1),
    others,
    defaultDomainId: 'default',
    revocations: { revoke: async () => {} },
  }
  const projects = projectLogic({ store: projectStore(db), ...made, maxTreeDepth: 5 })
  const groups = groupLogic({ store: groupStore(db), ...made })
  const users = userLogic({
    store: userStore(db),
    ...made,
    clock: { now: () => 0 },
    passwords: { hash: async password => password, verify: async () => true },
    security: { uniqueLastPasswordCount: 0, minimumPasswordAge: 0, changePasswordUponFirstUse: false },
  })
  const domains = domainLogic({ projects })
  others.push(users, groups)

  const { id: domainId } = await domains.create({ name: 'realm' }, cause)
  const project = await projects.create({ name: 'p', domainId }, cause)
  const user = await users.create({ name: 'ann', domainId, defaultProjectId: project.id, password: 'x' }, cause)
  const group = await groups.create({ name: 'crew', domainId }, cause)
  await groups.addMember(group.id, user.id, cause)
  await domains.update(domainId, { enabled: false }, cause)
  const before = await db.changes.head()
  await domains.delete(domainId, cause)

  expect((await db.changes.read(before)).map(({ kind, act }) => `${kind} ${act}`)).toEqual([
    'identity.user updated',
    'identity.project deleted',
    'identity.membership deleted',
    'identity.user deleted',
    'identity.group deleted',
    'identity.domain deleted',
  ])
  for (const table of ['project', 'user', 'password', 'user_group', 'membership'] as const)
    expect(await db.read.selectFrom(table).selectAll().execute()).toEqual([])
  await db.close()
})
