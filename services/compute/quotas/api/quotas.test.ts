import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../../kit.ts'
import { projectLogic } from '../../projects/logic.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const version = (number: string) => ({ 'openstack-api-version': `compute ${number}` })
const show = async (path: string, number = '2.1', as = 'member') =>
  (await ask(`GET /v2.1/os-quota-sets/${path}`, { as, headers: version(number) })).body.quota_set
const set = (path: string, quota_set: object, number = '2.1', as = 'admin') =>
  ask(`PUT /v2.1/os-quota-sets/${path}`, { as, body: { quota_set }, headers: version(number) })

const networks = ['fixed_ips', 'floating_ips', 'security_groups', 'security_group_rules']
const files = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes']

describe('the quotas of a project', () => {
  test.each([
    ['2.1', 14, []],
    ['2.35', 14, []],
    ['2.36', 10, networks],
    ['2.57', 7, [...networks, ...files]],
  ])('at %s have the names of their time', async (number, count, without) => {
    const shown = await show('p-demo', number)
    expect(Object.keys(shown)).toHaveLength(count + 1)
    expect(shown).toMatchObject({ id: 'p-demo', instances: 10, cores: 20, ram: 51_200, server_group_members: 10 })
    for (const name of without) expect(shown).not.toHaveProperty(name)
  })

  test('are said by operators, in numbers or texts, and forgotten again', async () => {
    const { status, body } = await set('p-demo', { instances: 3, cores: '-1' })
    expect({ status, set: body.quota_set }).toMatchObject({ status: 200, set: { instances: 3, cores: -1 } })
    expect(body.quota_set).not.toHaveProperty('id')
    expect(await show('p-demo')).toMatchObject({ instances: 3, cores: -1 })
    expect(await show('p-demo/defaults')).toMatchObject({ instances: 10, cores: 20 })
    expect((await ask('DELETE /v2.1/os-quota-sets/p-demo', { as: 'admin' })).status).toBe(202)
    expect(await show('p-demo')).toMatchObject({ instances: 10, cores: 20 })
  })

  test('of one user are said apart', async () => {
    await set('p-demo?user_id=u-m', { key_pairs: 5 })
    expect(await show('p-demo?user_id=u-m')).toMatchObject({ key_pairs: 5, instances: 10 })
    expect(await show('p-demo')).toMatchObject({ key_pairs: 100 })
  })

  test('show what is had beside them', async () => {
    await at.insert(aServer(1))
    expect((await show('p-demo/detail', '2.57')).ram).toEqual({ limit: 51_200, in_use: 512, reserved: 0 })
    const refused = await set('p-demo', { instances: 0 })
    expect(refused).toMatchObject({
      status: 400,
      body: { badRequest: { message: expect.stringContaining('already used and reserved 1') } },
    })
    expect((await set('p-demo', { instances: 0, force: 'True' })).status).toBe(200)
  })

  test.each([
    ['a name nobody knows', { colour: 1 }, '2.1'],
    ['networks', { networks: 1 }, '2.1'],
    ['what is no number', { cores: 'many' }, '2.1'],
    ['less than any number', { cores: -2 }, '2.1'],
    ['networks’ names of late', { floating_ips: 1 }, '2.36'],
    ['files of late', { injected_files: 1 }, '2.57'],
  ])('are not %s', async (_, wish, number) => {
    expect((await set('p-demo', wish, number)).status).toBe(400)
  })

  test('know no other parameters since 2.75', async () => {
    const ofVersion = async (number: string) =>
      (await ask('GET /v2.1/os-quota-sets/p-demo?colour=red', { as: 'member', headers: version(number) })).status
    expect([await ofVersion('2.74'), await ofVersion('2.75')]).toEqual([200, 400])
  })

  test('are for the project and for operators to see, and for operators alone to say', async () => {
    expect((await ask('GET /v2.1/os-quota-sets/p-demo', { as: 'other' })).status).toBe(403)
    expect((await ask('GET /v2.1/os-quota-sets/p-demo/detail', { as: 'other' })).status).toBe(403)
    expect((await ask('GET /v2.1/os-quota-sets/p-demo/defaults', { as: 'other' })).status).toBe(200)
    expect((await set('p-demo', { instances: 100 }, '2.1', 'member')).status).toBe(403)
    expect((await ask('DELETE /v2.1/os-quota-sets/p-demo', { as: 'member' })).status).toBe(403)
  })
})

describe('the class for everybody', () => {
  const ofClass = async (number: string) =>
    (await ask('GET /v2.1/os-quota-class-sets/default', { as: 'admin', headers: version(number) })).body.quota_class_set

  test.each([
    ['2.1', ['floating_ips', 'injected_files'], ['server_groups']],
    ['2.50', ['server_groups', 'injected_files'], ['floating_ips']],
    ['2.57', ['server_groups'], ['injected_files', 'floating_ips']],
  ])('at %s has the names of its time', async (number, has, hasNot) => {
    const shown = await ofClass(number)
    for (const name of has) expect(shown).toHaveProperty(name)
    for (const name of hasNot) expect(shown).not.toHaveProperty(name)
    expect(shown.id).toBe('default')
  })

  test('holds for every project of which nothing else is said', async () => {
    const said = await ask('PUT /v2.1/os-quota-class-sets/default', { as: 'admin', body: { quota_class_set: { ram: '100' } } })
    expect(said).toMatchObject({ status: 200, body: { quota_class_set: { ram: 100, cores: 20 } } })
    expect(await show('p-demo')).toMatchObject({ ram: 100 })
    expect(await show('p-demo/defaults')).toMatchObject({ ram: 100 })
  })

  test('is for operators', async () => {
    expect((await ask('GET /v2.1/os-quota-class-sets/default', { as: 'member' })).status).toBe(403)
    expect((await ask('PUT /v2.1/os-quota-class-sets/default', { as: 'member', body: { quota_class_set: {} } })).status).toBe(403)
  })
})

test('limits are said of projects there are, and a flavor is given to them alone', async () => {
  const asked: string[] = []
  const identity = { mayBe: async (id: string) => asked.push(id) > 0 && id !== 'p-dmeo' }
  const here = await bench({}, logics => ({ ...logics, projects: projectLogic(identity) }))
  const wrong = { status: 400, body: { badRequest: { message: 'Project ID p-dmeo is not a valid project.' } } }
  const quota_set = { instances: 1 }
  expect(await here.ask('PUT /v2.1/os-quota-sets/p-dmeo', { as: 'admin', body: { quota_set } })).toMatchObject(wrong)
  for (const path of ['p-dmeo', 'p-dmeo/detail', 'p-dmeo/defaults'])
    expect(await here.ask(`GET /v2.1/os-quota-sets/${path}`, { as: 'admin' })).toMatchObject(wrong)
  expect((await here.ask('PUT /v2.1/os-quota-sets/p-other', { as: 'admin', body: { quota_set } })).status).toBe(200)
  const give = { addTenantAccess: { tenant: 'p-dmeo' } }
  expect(await here.ask('POST /v2.1/flavors/1/action', { as: 'admin', body: give })).toMatchObject(wrong)
  // Whoever asks of their own project need not be asked about.
  asked.length = 0
  expect((await here.ask('GET /v2.1/os-quota-sets/p-demo', { as: 'member' })).status).toBe(200)
  expect(asked).toEqual([])
  await here.close()
})
