import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { admin, demo, emptyDatabase, onProject, wholeIdentity } from '../kit.ts'

let database: Awaited<ReturnType<typeof emptyDatabase>>
beforeEach(async () => {
  database = await emptyDatabase()
})
afterEach(() => database.close())
const open = (settings: readonly string[] = []) => wholeIdentity({ database: { ...database, close: async () => {} }, settings })

describe('a cloud begins with', () => {
  test('an administrator of everything, a user to try things, and one for each service', async () => {
    const whole = await open()
    const rolesOf = async (user: object, scope: object) => {
      const { status, body } = await whole.auth({ identity: { methods: ['password'], password: { user } }, scope })
      return status === 201 ? body.token.roles.map((role: { name: string }) => role.name) : status
    }
    const nova = { name: 'nova', domain: { id: 'default' }, password: 'the computer’s' }
    expect(await rolesOf(admin, onProject('admin'))).toEqual(['admin', 'member', 'reader'])
    expect(await rolesOf(admin, { system: { all: true } })).toEqual(['admin', 'member', 'reader'])
    expect(await rolesOf(demo, onProject('demo'))).toEqual(['member', 'reader'])
    expect(await rolesOf(nova, onProject('service'))).toEqual(['admin', 'member', 'reader', 'service'])
    expect(await rolesOf(nova, onProject('demo'))).toBe(401)
    await whole.close()
  })

  test('a catalog with three faces of every service', async () => {
    const whole = await open()
    const { endpoints } = await whole.make('GET /v3/endpoints')
    expect(endpoints.map((one: { interface: string; url: string }) => `${one.interface} ${one.url}`).toSorted()).toEqual([
      'admin http://cloud:5000/v3',
      'admin http://cloud:8774/v2.1',
      'internal http://cloud:5000/v3',
      'internal http://cloud:8774/v2.1',
      'public http://cloud:5000/v3',
      'public http://cloud:8774/v2.1',
    ])
    await whole.close()
  })
})

describe('a cloud that begins again', () => {
  test('changes nothing when all is there', async () => {
    await (await open()).close()
    const head = await database.changes.head()
    await (await open()).close()
    expect(await database.changes.head()).toBe(head)
  })

  test('leaves alone what an administrator changed, and makes what is missing', async () => {
    const first = await open()
    const [user] = (await first.make('GET /v3/users?name=demo')).users
    await first.make(`PATCH /v3/users/${user.id}`, { user: { password: 'another', description: 'mine' } })
    const [region] = (await first.make('GET /v3/endpoints?interface=public')).endpoints
    await first.make(`DELETE /v3/endpoints/${region.id}`)
    await first.close()
    const second = await open()
    expect((await second.auth({ identity: { methods: ['password'], password: { user: demo } } })).status).toBe(401)
    expect((await second.auth({ identity: { methods: ['password'], password: { user: { ...demo, password: 'another' } } } })).status).toBe(
      201,
    )
    expect((await second.make('GET /v3/endpoints')).endpoints).toHaveLength(6)
    await second.close()
  })

  test('also where the operator demands much of passwords', async () => {
    const rules = ['password_regex=^[A-Z]+$', 'password_regex_description=capitals', 'change_password_upon_first_use=true']
    const whole = await open(rules.map(rule => `security_compliance.${rule}`))
    expect((await whole.auth({ identity: { methods: ['password'], password: { user: admin } } })).status).toBe(201)
    await whole.close()
  })
})
