import { afterEach, describe, expect, test } from 'vitest'
import { admin, byPassword, day, hour, minute, onProject, second, type Whole, wholeIdentity } from '../../kit.ts'

let whole: Whole
afterEach(() => whole.close())

const start = async (...settings: readonly string[]) => {
  whole = await wholeIdentity({ settings: settings.map(setting => `security_compliance.${setting}`) })
}
const make = async (more: object = {}) => (await whole.make('POST /v3/users', { user: { name: 'ann', password: 'one', ...more } })).user
const tryIt = async (id: string, password: string) => (await whole.auth(byPassword({ id, password }))).status
const change = (id: string, original_password: string, password: string) =>
  whole.ask(`POST /v3/users/${id}/password`, { body: { user: { original_password, password } } })
const refusal = { error: { code: 401, message: 'The request you have made requires authentication.', title: 'Unauthorized' } }

describe('too many wrong passwords', () => {
  test('lock an account for a while; nobody hears why', async () => {
    await start('lockout_failure_attempts=3', 'lockout_duration=600')
    const { id } = await make()
    for (let count = 0; count < 3; count++) expect(await tryIt(id, 'wrong')).toBe(401)
    expect((await whole.auth(byPassword({ id, password: 'one' }))).body).toEqual(refusal)
    expect((await change(id, 'one', 'two')).body).toEqual(refusal)
    whole.clock.push(9 * minute)
    expect(await tryIt(id, 'one')).toBe(401)
    whole.clock.push(minute + second)
    expect(await tryIt(id, 'one')).toBe(201)
    expect([await tryIt(id, 'wrong'), await tryIt(id, 'wrong'), await tryIt(id, 'one')]).toEqual([401, 401, 201])
  })

  test('at once count each', async () => {
    await start('lockout_failure_attempts=5')
    const { id } = await make()
    await Promise.all(Array.from({ length: 5 }, () => tryIt(id, 'wrong')))
    expect(await tryIt(id, 'one')).toBe(401)
  })

  test('spare whoever is exempt, and are forgiven by an administrator', async () => {
    await start('lockout_failure_attempts=1')
    const exempt = await make({ options: { ignore_lockout_failure_attempts: true } })
    expect([await tryIt(exempt.id, 'wrong'), await tryIt(exempt.id, 'one')]).toEqual([401, 201])
    const { id } = await make({ name: 'bob' })
    expect([await tryIt(id, 'wrong'), await tryIt(id, 'one')]).toEqual([401, 401])
    await whole.make(`PATCH /v3/users/${id}`, { user: { enabled: true } })
    expect(await tryIt(id, 'one')).toBe(201)
  })
})

describe('a password that has expired', () => {
  test('gives no token and says so to whoever knows it, until it is changed', async () => {
    await start('password_expires_days=30')
    const { id, password_expires_at } = await make()
    expect(Date.parse(`${password_expires_at}Z`) - whole.clock.now()).toBeGreaterThan(30 * day - minute)
    whole.clock.push(30 * day)
    const { status, body } = await whole.auth(byPassword({ id, password: 'one' }))
    expect([status, body.error.message]).toEqual([401, `The password is expired and needs to be changed for user: ${id}.`])
    expect((await whole.auth(byPassword({ id, password: 'wrong' }))).body).toEqual(refusal)
    expect((await change(id, 'wrong', 'two')).status).toBe(401)
    expect((await change(id, 'one', 'two')).status).toBe(204)
    expect([await tryIt(id, 'one'), await tryIt(id, 'two')]).toEqual([401, 201])
  })

  test('is one that an administrator has set, where users must choose their own', async () => {
    await start('change_password_upon_first_use=true')
    const { id } = await make()
    expect(await tryIt(id, 'one')).toBe(401)
    expect((await change(id, 'one', 'two')).status).toBe(204)
    expect(await tryIt(id, 'two')).toBe(201)
    const exempt = await make({ name: 'bob', options: { ignore_change_password_upon_first_use: true } })
    expect(await tryIt(exempt.id, 'one')).toBe(201)
  })
})

describe('a new password', () => {
  test('is none of the last ones', async () => {
    await start('unique_last_password_count=3')
    const { id } = await make()
    expect((await change(id, 'one', 'two')).status).toBe(204)
    expect((await change(id, 'two', 'one')).body.error.message).toContain('The new password cannot be identical to a previous password')
    expect((await change(id, 'two', 'three')).status).toBe(204)
    expect((await change(id, 'three', 'four')).status).toBe(204)
    expect((await change(id, 'four', 'one')).status).toBe(204)
  })

  test('comes no sooner than the operator allows', async () => {
    await start('minimum_password_age=1')
    const { id } = await make()
    expect((await change(id, 'one', 'two')).status).toBe(204)
    expect((await change(id, 'two', 'three')).status).toBe(400)
    whole.clock.push(day + hour)
    expect((await change(id, 'two', 'three')).status).toBe(204)
  })

  test('looks as the operator demands, also from an administrator', async () => {
    await start(String.raw`password_regex=^(?=.*\d).{7,}$`, 'password_regex_description=seven characters with a digit')
    const { status, body } = await whole.ask('POST /v3/users', {
      as: await whole.signIn(admin, onProject('admin')),
      body: { user: { name: 'ann', password: 'short' } },
    })
    expect([status, body.error.message]).toEqual([400, 'The password does not match the requirements: seven characters with a digit.'])
  })
})

test('an account that nobody uses is disabled, as long as it is not exempt', async () => {
  await start('disable_user_account_days_inactive=10')
  const [idle, busy, exempt] = [
    await make({ name: 'idle' }),
    await make({ name: 'busy' }),
    await make({ name: 'exempt', options: { ignore_user_inactivity: true } }),
  ]
  for (let days = 0; days < 3; days++) {
    whole.clock.push(4 * day)
    expect(await tryIt(busy.id, 'one')).toBe(201)
    expect((await whole.auth(byPassword(admin))).status).toBe(201)
  }
  expect([await tryIt(idle.id, 'one'), await tryIt(busy.id, 'one'), await tryIt(exempt.id, 'one')]).toEqual([401, 201, 201])
})
