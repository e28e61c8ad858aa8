import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aServer, cause, emptyDatabases, rulesOf } from '../kit.ts'
import type { Databases } from '../main/databases.ts'
import { serverStore } from '../servers/store.ts'
import { type QuotaLogic, quotaLogic } from './logic.ts'
import { ownedStore, quotaStore, takenStore } from './store.ts'

let all: Databases
let quotas: QuotaLogic
beforeEach(async () => {
  all = await emptyDatabases()
  const rules = rulesOf('quota.instances=4', 'quota.cores=6', 'quota.ram=4096')
  quotas = quotaLogic({
    ...{ store: quotaStore(all.api), write: all.api.transaction, owned: ownedStore(all.api), settings: () => rules },
    cells: [takenStore(all.cell1), takenStore(all.cell0)],
  })
})
afterEach(async () => void (await Promise.all(Object.values(all).map(one => one.close()))))

const put = async (n: number, more: Parameters<typeof aServer>[1] = {}) =>
  all.cell1.transaction(cause, async tx => void (await serverStore(all.cell1).insert(tx, aServer(n, more))))
const flavor = { vcpus: 2, memoryMb: 1024 }
const mayHave = (maxCount: number, minCount = maxCount, userId = 'u-m') =>
  quotas.mayHave({ projectId: 'p-demo', userId, flavor, minCount, maxCount })

describe('servers', () => {
  test('are counted where they are, and refused in Nova’s words when they do not fit', async () => {
    await put(1)
    await put(2, { projectId: 'p-other' })
    await put(3, { isDeleted: true, vmState: 'deleted' })
    await put(4, { vmState: 'soft-delete' })
    expect(await mayHave(2)).toBe(2)
    await expect(mayHave(3)).rejects.toMatchObject({
      kind: 'over-quota',
      message: 'Quota exceeded for cores: Requested 6, but already used 1 of 6 cores',
    })
    await expect(mayHave(4)).rejects.toThrow(
      'Quota exceeded for cores, instances, ram: Requested 8, 4, 4096, but already used 1, 1, 512 of 6, 4, 4096 cores, instances, ram',
    )
  })

  test('are as many as fit when fewer will do', async () => {
    expect(await mayHave(10, 1)).toBe(3)
    await expect(mayHave(10, 4)).rejects.toThrow(/Requested 20, 4-10, 10240, but already used 0, 0, 0 of 6, 4, 4096/)
  })

  test('that failed before they had a host count too', async () => {
    await all.cell0.transaction(cause, async tx => void (await serverStore(all.cell0).insert(tx, aServer(1))))
    expect((await quotas.usages('p-demo')).instances).toEqual({ limit: 4, inUse: 1 })
  })

  test('of a user are held to what was said of the user, and to the project’s limit', async () => {
    await quotas.set('p-demo', 'u-m', { instances: 1 }, false, cause)
    await put(1, { userId: 'u-other' })
    expect(await mayHave(1)).toBe(1)
    await expect(mayHave(2)).rejects.toThrow('Quota exceeded for instances: Requested 2, but already used 0 of 1 instances')
    expect(await mayHave(2, 2, 'u-other')).toBe(2)
  })

  test('may grow as far as there is room', async () => {
    await put(1)
    const grow = (cores: number, ram: number) => quotas.mustGrow({ projectId: 'p-demo', userId: 'u-m', cores, ram })
    await grow(5, 512)
    await grow(-1, -512)
    await expect(grow(6, 0)).rejects.toThrow('Quota exceeded for cores: Requested 6, but already used 1 of 6 cores')
  })

  test('made at the same moment do not pass each other', async () => {
    const make = (n: number) =>
      all.cell1.transaction(cause, async tx => {
        const store = serverStore(all.cell1)
        await store.takeNumber(tx)
        await quotas.mustStillFit({ projectId: 'p-demo', userId: 'u-m', flavor, count: 1 }, tx)
        await store.insert(tx, aServer(n, { flavor: { ...aServer(n).flavor, ...flavor } }))
      })
    const outcomes = await Promise.allSettled([1, 2, 3, 4, 5].map(make))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
  })
})

describe('limits', () => {
  test('are the configuration’s, then the class’s, then the project’s, then the user’s', async () => {
    expect(await quotas.limits('p-demo')).toMatchObject({ instances: 4, key_pairs: 100, injected_file_path_bytes: 255, fixed_ips: -1 })
    await quotas.setClass('default', { instances: 5, cores: 7 }, cause)
    await quotas.set('p-demo', undefined, { cores: 8 }, false, cause)
    await quotas.set('p-demo', 'u-m', { cores: 3 }, false, cause)
    expect(await quotas.limits('p-demo', 'u-m')).toMatchObject({ instances: 5, cores: 3 })
    expect(await quotas.limits('p-demo')).toMatchObject({ instances: 5, cores: 8 })
    await quotas.forget('p-demo', 'u-m', cause)
    expect(await quotas.limits('p-demo', 'u-m')).toMatchObject({ instances: 5, cores: 8 })
    await quotas.forget('p-demo', undefined, cause)
    expect(await quotas.limits('p-demo')).toMatchObject({ instances: 5, cores: 7 })
  })

  test('are neither below what is had nor above what is left, unless by force', async () => {
    await put(1)
    await expect(quotas.set('p-demo', undefined, { instances: 0 }, false, cause)).rejects.toThrow(
      'Quota limit 0 for instances must be greater than or equal to already used and reserved 1.',
    )
    await quotas.set('p-demo', 'u-a', { instances: 3 }, false, cause)
    await expect(quotas.set('p-demo', 'u-b', { instances: 2 }, false, cause)).rejects.toThrow(
      'Quota limit 2 for instances must be less than or equal to 1.',
    )
    await quotas.set('p-demo', 'u-b', { instances: 2 }, true, cause)
    await quotas.set('p-demo', undefined, { instances: -1, ram: -1 }, false, cause)
    expect(await quotas.limits('p-demo')).toMatchObject({ instances: -1, ram: -1 })
  })
})

test('what is no server has limits too', async () => {
  await quotas.set(
    'p-demo',
    undefined,
    { metadata_items: 1, injected_files: 1, key_pairs: 0, server_groups: 0, server_group_members: 2 },
    true,
    cause,
  )
  await quotas.mustAllowMetadata('p-demo', 'u-m', 1)
  await expect(quotas.mustAllowMetadata('p-demo', 'u-m', 2)).rejects.toThrow('Maximum number of metadata items exceeds 1')
  const file = { path: '/etc/motd', bytes: 10 }
  await quotas.mustAllowFiles('p-demo', 'u-m', [file])
  await expect(quotas.mustAllowFiles('p-demo', 'u-m', [file, file])).rejects.toThrow('Personality file limit exceeded')
  await expect(quotas.mustAllowFiles('p-demo', 'u-m', [{ ...file, bytes: 20_000 }])).rejects.toThrow(
    'Personality file content exceeds maximum 10240',
  )
  await expect(quotas.mustAllowKeypair('p-demo', 'u-m')).rejects.toThrow('Quota exceeded, too many key pairs.')
  await expect(quotas.mustAllowServerGroup('p-demo', 'u-m')).rejects.toThrow('Quota exceeded, too many server groups.')
  await put(1)
  await quotas.mustAllowMembers('p-demo', 'u-m', [aServer(1).id], 1)
  await expect(quotas.mustAllowMembers('p-demo', 'u-m', [aServer(1).id], 2)).rejects.toThrow('Quota exceeded, too many servers in group')
})
