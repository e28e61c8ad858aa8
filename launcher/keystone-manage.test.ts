import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openIdentity } from '@kilonova/identity/main.ts'
import { identityOptions } from '@kilonova/identity/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, expect, test } from 'vitest'
import { type Globals, rightsOf } from './globals.ts'
import { manage } from './verbs/manage.ts'

const homes: string[] = []
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true })
})

function newCloud(environment: Globals['environment'] = {}) {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-manage-'))
  homes.push(home)
  const said: string[] = []
  const speak = (line: string) => void said.push(line)
  // A cheap hash: what is tried is not its strength.
  const globals = { ...rightsOf({ home, set: ['identity.password_hash_rounds=4'] }), environment, print: speak, say: speak }
  return {
    home,
    globals,
    run: async (...words: readonly string[]) => {
      said.splice(0)
      const code = await manage(globals, 'keystone-manage', words)
      return { code, said: [...said] }
    },
  }
}

test('keys of tokens are set up once and turned over by hand', async () => {
  const { home, run } = newCloud()
  const folder = join(home, 'keystone/fernet-keys')
  expect(await run('fernet_setup', '--keystone-user', 'keystone', '--keystone-group', 'keystone')).toEqual({
    code: 0,
    said: [
      `The keys of tokens are in ${folder}.`,
      '--keystone-user and --keystone-group mean nothing here: the keys belong to whoever runs the cloud.',
    ],
  })
  expect(readdirSync(folder).sort()).toEqual(['0', '1'])
  expect((await run('fernet_setup')).said).toEqual([`There are keys of tokens in ${folder} already; they stay.`])
  expect((await run('fernet_rotate')).said).toEqual([`Key 2 of ${folder} seals tokens from now on; none is removed.`])
  expect((await run('fernet_rotate')).said).toEqual([`Key 3 of ${folder} seals tokens from now on; removed: 1.`])
  expect(readdirSync(folder).sort()).toEqual(['0', '2', '3'])
})

test('keys of credentials are set up once', async () => {
  const { home, run } = newCloud()
  const folder = join(home, 'keystone/credential-keys')
  expect((await run('credential_setup')).said).toEqual([`The keys of credentials are in ${folder}.`])
  expect((await run('credential_setup')).said).toEqual([`There are keys of credentials in ${folder} already; they stay.`])
})

test('stored credentials are sealed anew, and their keys turned over', async () => {
  const { home, run } = newCloud()
  const folder = join(home, 'keystone/credential-keys')
  await run('credential_setup')
  expect(await run('credential_migrate')).toEqual({ code: 0, said: ['0 secrets are sealed with the newest key.'] })
  expect(await run('credential_rotate')).toEqual({
    code: 0,
    said: [`Key 2 of ${folder} seals credentials from now on; none is removed; 0 secrets were sealed anew before.`],
  })
  expect(readdirSync(folder).sort()).toEqual(['0', '1', '2'])
})

test('the first administrator is made by hand, and may sign in', async () => {
  const { home, globals, run } = newCloud()
  const words = 'bootstrap --bootstrap-password first --bootstrap-region-id RegionOne'.split(' ')
  const urls = ['admin', 'internal', 'public'].flatMap(face => [`--bootstrap-${face}-url`, 'http://controller:5000/v3/'])
  expect((await run('db_sync')).said).toEqual(['keystone: the tables are up to date.'])
  expect(await run(...words, ...urls)).toEqual({
    code: 0,
    said: [
      'created the user admin',
      'created the region RegionOne',
      'created the public endpoint http://controller:5000/v3/',
      'created the internal endpoint http://controller:5000/v3/',
      'created the admin endpoint http://controller:5000/v3/',
    ],
  })
  expect(readFileSync(join(home, 'admin-password'), 'utf8')).toBe('first\n')
  expect(readFileSync(join(home, 'admin-openrc'), 'utf8')).toContain('export OS_PASSWORD=first\n')
  expect(await run(...words, ...urls)).toEqual({ code: 0, said: ['Nothing to do: all of it is there.'] })
  expect((await run('bootstrap', '--bootstrap-password=second', '--bootstrap-public-url=https://cloud:5000/v3')).said).toEqual([
    'changed the password of the user admin',
    'created the public endpoint https://cloud:5000/v3',
  ])
  expect(await signIn(globals, 'first')).toBe(401)
  expect(await signIn(globals, 'second')).toBe(201)
})

test('a bootstrap without a password is refused, and the environment may say it', async () => {
  expect(await newCloud().run('bootstrap')).toEqual({
    code: 1,
    said: ['keystone-manage bootstrap: either --bootstrap-password or OS_BOOTSTRAP_PASSWORD must be set.'],
  })
  const { run } = newCloud({ OS_BOOTSTRAP_PASSWORD: 'x', OS_BOOTSTRAP_USERNAME: 'root' })
  expect((await run('bootstrap')).said).toEqual(['created the user root'])
})

test('flushing says what it does here', async () => {
  const { run } = newCloud()
  expect((await run('trust_flush')).said).toEqual(['0 trusts that had ended are thrown away.'])
  expect(await run('token_flush')).toEqual({
    code: 0,
    said: ['keystone-manage token_flush: nothing to do, a token is not stored: it is sealed text that ends by itself.'],
  })
  expect((await run('mapping_engine')).code).toBe(1)
})

async function signIn({ home, flags, clock, chance }: Globals, password: string): Promise<number> {
  const identity = await openIdentity({
    databaseUrl: `sqlite:///${home}/keystone.db`,
    settings: readConfig(identityOptions, readSources({ flags })).values,
    keyDir: `${home}/keystone`,
    clock,
    chance,
    log: silentLog,
  })
  const user = { name: 'admin', domain: { id: 'default' }, password }
  const scope = { project: { name: 'admin', domain: { id: 'default' } } }
  const { statusCode } = await identity.door.inject({
    method: 'POST',
    url: '/v3/auth/tokens',
    payload: { auth: { identity: { methods: ['password'], password: { user } }, scope } },
  })
  await identity.close()
  return statusCode
}
