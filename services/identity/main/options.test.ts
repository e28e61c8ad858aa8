import { afterEach, describe, expect, test } from 'vitest'
import { admin, byPassword, hour, onProject, pushedClock, type Whole, wholeIdentity } from '../kit.ts'

let whole: Whole
afterEach(() => whole.close())
const start = async (...settings: readonly string[]) => {
  whole = await wholeIdentity({ settings })
  return await whole.signIn(admin, onProject('admin'))
}

test('every list is cut at the length the operator allows, and says so', async () => {
  const as = await start('list_limit=2')
  for (const [list, isCut] of [
    ['users', true],
    ['projects', true],
    ['roles', true],
    ['endpoints', true],
    ['services', false],
    ['regions', false],
  ] as const) {
    const { body } = await whole.ask(`GET /v3/${list}`, { as })
    expect([list, body[list].length <= 2, body.truncated ?? false]).toEqual([list, true, isCut])
  }
})

test('names that URLs cannot carry keep their bearers out where the operator is strict', async () => {
  const as = await start('resource.project_name_url_safe=strict', 'resource.domain_name_url_safe=strict')
  expect((await whole.ask('POST /v3/projects', { as, body: { project: { name: 'a/b' } } })).status).toBe(400)
  expect((await whole.auth({ ...byPassword(admin), scope: onProject('a/b') })).status).toBe(401)
  expect((await whole.auth({ ...byPassword(admin), scope: { domain: { name: 'a/b' } } })).status).toBe(401)
  expect((await whole.auth(byPassword({ ...admin, domain: { name: 'a/b' } }))).status).toBe(401)
  expect((await whole.auth({ ...byPassword(admin), scope: onProject('admin') })).status).toBe(201)
})

test('revocations of tokens that have ended anyway are forgotten every hour', async () => {
  const due: (() => void)[] = []
  const clock = pushedClock()
  whole = await wholeIdentity({
    clock: {
      ...clock,
      after: (ms, run) => {
        if (ms === hour) due.push(run)
        return { stop: () => {} }
      },
    },
  })
  const as = await whole.signIn(admin)
  await whole.ask('DELETE /v3/auth/tokens', { as, headers: { 'x-subject-token': as } })
  const count = async () => (await whole.make('GET /v3/OS-REVOKE/events')).events.length
  expect(await count()).toBe(1)
  clock.push(50 * hour)
  for (const run of due) run()
  await expect.poll(async () => (await whole.identity.database.read.selectFrom('revocation_event').select('id').execute()).length).toBe(0)
})

describe('a change that names nothing', () => {
  test('is not understood, of whatever it is', async () => {
    const as = await start()
    const made = async (route: string, body: object) => (Object.values(await whole.make(route, body))[0] as { id: string }).id
    const service = await made('POST /v3/services', { service: { type: 'x' } })
    const things: readonly (readonly [string, string])[] = [
      [`users/${await made('POST /v3/users', { user: { name: 'u' } })}`, 'user'],
      [`groups/${await made('POST /v3/groups', { group: { name: 'g' } })}`, 'group'],
      [`projects/${await made('POST /v3/projects', { project: { name: 'p' } })}`, 'project'],
      [`domains/${await made('POST /v3/domains', { domain: { name: 'd' } })}`, 'domain'],
      [`roles/${await made('POST /v3/roles', { role: { name: 'r' } })}`, 'role'],
      [`regions/${await made('POST /v3/regions', { region: {} })}`, 'region'],
      [`services/${service}`, 'service'],
      [
        `endpoints/${await made('POST /v3/endpoints', { endpoint: { service_id: service, interface: 'public', url: 'http://x' } })}`,
        'endpoint',
      ],
      [`policies/${await made('POST /v3/policies', { policy: { type: 't', blob: 'b' } })}`, 'policy'],
      [`OS-OAUTH1/consumers/${await made('POST /v3/OS-OAUTH1/consumers', { consumer: {} })}`, 'consumer'],
    ]
    for (const [path, root] of things)
      expect([path, (await whole.ask(`PATCH /v3/${path}`, { as, body: { [root]: {} } })).status]).toEqual([path, 400])
  })
})

test('a project is shown with the limits of those above and below it when these are asked for', async () => {
  const as = await start()
  const made = async (route: string, body: object) => (Object.values(await whole.make(route, body))[0] as { id: string }).id
  const [top, service] = [
    await made('POST /v3/projects', { project: { name: 'top' } }),
    await made('POST /v3/services', { service: { type: 'x' } }),
  ]
  const leaf = await made('POST /v3/projects', { project: { name: 'leaf', parent_id: top } })
  const [adminId, role] = [
    (await whole.make('GET /v3/users?name=admin')).users[0].id,
    (await whole.make('GET /v3/roles?name=reader')).roles[0].id,
  ]
  for (const id of [top, leaf]) await whole.make(`PUT /v3/projects/${id}/users/${adminId}/roles/${role}`)
  await whole.make('POST /v3/registered_limits', { registered_limits: [{ service_id: service, resource_name: 'cores', default_limit: 9 }] })
  await whole.make('POST /v3/limits', { limits: [{ project_id: top, service_id: service, resource_name: 'cores', resource_limit: 5 }] })
  const { body } = await whole.ask(`GET /v3/projects/${leaf}?parents_as_list&include_limits`, { as })
  expect(body.project.parents[0].project).toMatchObject({ id: top, limits: [{ resource_name: 'cores', resource_limit: 5 }] })
  const below = await whole.ask(`GET /v3/projects/${top}?subtree_as_list&include_limits`, { as })
  expect(below.body.project.subtree[0].project).toMatchObject({ id: leaf, limits: [] })
  const plain = await whole.ask(`GET /v3/projects/${leaf}?parents_as_list`, { as })
  expect(plain.body.project.parents[0].project).not.toHaveProperty('limits')
})

test('an EC2 key whose blob is the JSON of a JSON text is understood', async () => {
  const as = await start()
  const projectId = (await whole.make('GET /v3/projects?name=admin')).projects[0].id
  const user = (await whole.make('GET /v3/users?name=admin')).users[0].id
  const blob = JSON.stringify(JSON.stringify({ access: 'a', secret: 's' }))
  const { status } = await whole.ask('POST /v3/credentials', {
    as,
    body: { credential: { type: 'ec2', user_id: user, project_id: projectId, blob } },
  })
  expect(status).toBe(201)
  const { body } = await whole.ask(`GET /v3/users/${user}/credentials/OS-EC2/a`, { as })
  expect(body.credential).toMatchObject({ access: 'a', secret: 's' })
})
