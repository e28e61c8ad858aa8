import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

const limits = (number = '2.1', as = 'member', more = '') =>
  at.ask(`GET /v2.1/limits${more}`, { as, headers: { 'openstack-api-version': `compute ${number}` } })

test.each([
  ['2.1', ['maxTotalFloatingIps', 'maxImageMeta', 'maxPersonality', 'totalSecurityGroupsUsed'], []],
  ['2.36', ['maxImageMeta', 'maxPersonality'], ['maxTotalFloatingIps', 'totalFloatingIpsUsed', 'maxSecurityGroups']],
  ['2.39', ['maxPersonality', 'maxServerMeta'], ['maxImageMeta']],
  ['2.57', ['maxServerMeta'], ['maxPersonality', 'maxPersonalitySize']],
])('limits at %s have the names of their time', async (number, has, hasNot) => {
  const { rate, absolute } = (await limits(number)).body.limits
  expect(rate).toEqual([])
  for (const name of has) expect(absolute).toHaveProperty(name)
  for (const name of hasNot) expect(absolute).not.toHaveProperty(name)
})

test('a project sees what it may have and has', async () => {
  await at.insert(aServer(1), aServer(2, { projectId: 'p-other' }))
  const { absolute } = (await limits('2.57')).body.limits
  expect(absolute).toEqual({
    ...{ maxTotalInstances: 10, maxTotalCores: 20, maxTotalRAMSize: 51_200, maxServerMeta: 128, maxTotalKeypairs: 100 },
    ...{ maxServerGroups: 10, maxServerGroupMembers: 10 },
    ...{ totalInstancesUsed: 1, totalCoresUsed: 1, totalRAMUsed: 512, totalServerGroupsUsed: 0 },
  })
})

test('another project’s limits are for operators', async () => {
  await at.insert(aServer(1, { projectId: 'p-other' }))
  expect((await limits('2.1', 'admin', '?tenant_id=p-other')).body.limits.absolute).toMatchObject({ totalInstancesUsed: 1 })
  expect((await limits('2.1', 'member', '?tenant_id=p-other')).status).toBe(403)
  expect((await limits('2.75', 'member', '?reserved=1')).status).toBe(400)
  expect((await limits('2.74', 'member', '?reserved=1')).status).toBe(200)
})
