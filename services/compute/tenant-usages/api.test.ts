import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
  // Four hours of one, two of a second that is gone, one that never ran, and one of somebody else.
  await at.insert(
    aServer(1, { vmState: 'active', launchedAt: '2026-01-01T08:00:00.000Z' }),
    aServer(2, { vmState: 'deleted', isDeleted: true, launchedAt: '2026-01-01T09:00:00.000Z', terminatedAt: '2026-01-01T11:00:00.000Z' }),
    aServer(3),
    aServer(4, { projectId: 'p-other', vmState: 'active', launchedAt: '2026-01-01T10:00:00.000Z' }),
  )
})
afterEach(() => at.close())

const span = 'start=2026-01-01T00:00:00&end=2026-01-01T12:00:00'
const ask = (path: string, as = 'admin', number = '2.1') =>
  at.ask(`GET /v2.1/os-simple-tenant-usage${path}`, { as, headers: { 'openstack-api-version': `compute ${number}` } })

describe('a project’s usage', () => {
  test('is reckoned from its servers, gone ones too', async () => {
    const { tenant_usage } = (await ask(`/p-demo?${span}`, 'member')).body
    expect(tenant_usage).toMatchObject({
      ...{ tenant_id: 'p-demo', start: '2026-01-01T00:00:00.000000', stop: '2026-01-01T12:00:00.000000' },
      ...{ total_hours: 6, total_vcpus_usage: 6, total_memory_mb_usage: 6 * 512, total_local_gb_usage: 6 },
    })
    expect(tenant_usage.server_usages).toMatchObject([
      { instance_id: aServer(1).id, name: 'vm1', flavor: 'm1.tiny', hours: 4, state: 'active', ended_at: null, vcpus: 1, memory_mb: 512 },
      { instance_id: aServer(2).id, hours: 2, state: 'terminated', ended_at: '2026-01-01T11:00:00.000000', uptime: 7200 },
    ])
  })

  test('counts only what lies within the span', async () => {
    const { tenant_usage } = (await ask('/p-demo?start=2026-01-01T10:00:00&end=2026-01-01T10:30:00', 'member')).body
    expect(tenant_usage.total_hours).toBe(1)
  })

  test('is empty when nothing was used', async () => {
    expect((await ask(`/p-nobody?${span}`)).body).toEqual({ tenant_usage: {} })
  })

  test('is not for others', async () => {
    expect((await ask(`/p-other?${span}`, 'member')).status).toBe(403)
    expect((await ask(`?${span}`, 'member')).status).toBe(403)
  })
})

describe('the usage of all', () => {
  test('shows servers only when asked for them', async () => {
    const { tenant_usages } = (await ask(`?${span}`)).body
    expect(tenant_usages.map((one: { tenant_id: string; total_hours: number }) => [one.tenant_id, one.total_hours])).toEqual([
      ['p-demo', 6],
      ['p-other', 2],
    ])
    expect(tenant_usages[0]).not.toHaveProperty('server_usages')
    expect((await ask(`?${span}&detailed=1`)).body.tenant_usages[0].server_usages).toHaveLength(2)
  })

  test('is not that of a project without a name', async () => {
    expect((await ask(`/?${span}`)).status).toBe(404)
  })

  test('comes in pages of servers since 2.40', async () => {
    const first = (await ask(`?${span}&limit=2&detailed=1`, 'admin', '2.40')).body
    expect(first.tenant_usages[0].server_usages).toHaveLength(2)
    const [{ rel, href }] = first.tenant_usages_links
    expect([rel, href]).toEqual(['next', expect.stringContaining(`marker=${aServer(2).id}`)])
    const rest = (await ask(`?${span}&limit=2&marker=${aServer(2).id}`, 'admin', '2.40')).body
    expect(rest).toMatchObject({ tenant_usages: [{ tenant_id: 'p-other', total_hours: 2 }] })
    expect(rest).not.toHaveProperty('tenant_usages_links')
    expect((await ask(`?${span}&limit=1`)).body.tenant_usages).toHaveLength(2)
  })
})

test('who names no moments is told of this one, and who names one that is over is refused', async () => {
  const { status, body } = await ask('')
  expect([status, body.tenant_usages.map((one: { total_hours: number }) => one.total_hours)]).toEqual([200, [0, 0]])
  expect((await ask('?end=2026-01-01T12:00:00')).status).toBe(400)
})

test.each([
  ['a start behind the end', '?start=2026-01-02T00:00:00&end=2026-01-01T00:00:00', '2.1'],
  ['what is no time', '?start=yesterday', '2.1'],
  ['a marker nobody knows', `?${span}&marker=none`, '2.40'],
  ['what nobody knows, of late', `?${span}&colour=red`, '2.75'],
])('%s is refused', async (_, path, number) => {
  expect((await ask(path, 'admin', number)).status).toBe(400)
})
