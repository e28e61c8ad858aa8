import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { administration } from '@kilonova/identity/main.ts'
import { identityOptions } from '@kilonova/identity/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { databaseOf } from './databases.ts'
import type { Globals } from './globals.ts'
import { claimPlaces } from './home.ts'
import { publishCredentials } from './publish-credentials.ts'
import { allOptions, readSettings, sourcesOf } from './settings.ts'

type Deed = (globals: Globals, words: readonly string[]) => Promise<number>

/** What `keystone-manage` does that is more than bringing tables up to date. All of it may be done while the cloud runs. */
export const keystoneDeeds = {
  setUpTokenKeys: async (globals, words) => {
    const { folder, made } = administration.setUpTokenKeys(wishOf(globals))
    globals.print(made ? `The keys of tokens are in ${folder}.` : `There are keys of tokens in ${folder} already; they stay.`)
    return ownerRemark(globals, words)
  },

  rotateTokenKeys: async (globals, words) => {
    const wish = wishOf(globals)
    administration.setUpTokenKeys(wish)
    const { folder, primary, removed } = administration.rotateTokenKeys(wish)
    const gone = removed.length === 0 ? 'none is removed' : `removed: ${removed.join(', ')}`
    globals.print(`Key ${primary} of ${folder} seals tokens from now on; ${gone}.`)
    return ownerRemark(globals, words)
  },

  setUpCredentialKeys: async (globals, words) => {
    const { folder, made } = administration.setUpCredentialKeys(wishOf(globals))
    globals.print(made ? `The keys of credentials are in ${folder}.` : `There are keys of credentials in ${folder} already; they stay.`)
    return ownerRemark(globals, words)
  },

  migrateCredentials: async globals => {
    const count = await administration.migrateCredentials(wishOf(globals))
    globals.print(`${count} secrets are sealed with the newest key.`)
    return 0
  },

  rotateCredentialKeys: async (globals, words) => {
    const wish = wishOf(globals)
    administration.setUpCredentialKeys(wish)
    const { folder, primary, removed, resealed } = await administration.rotateCredentialKeys(wish)
    const gone = removed.length === 0 ? 'none is removed' : `removed: ${removed.join(', ')}`
    globals.print(`Key ${primary} of ${folder} seals credentials from now on; ${gone}; ${resealed} secrets were sealed anew before.`)
    return ownerRemark(globals, words)
  },

  bootstrap: async (globals, words) => {
    const administrator = administratorOf(words, globals.environment)
    if (administrator === undefined) {
      globals.say('keystone-manage bootstrap: either --bootstrap-password or OS_BOOTSTRAP_PASSWORD must be set.')
      return 1
    }
    const done = await administration.bootstrap(wishOf(globals), administrator)
    for (const line of done) globals.print(line)
    if (done.length === 0) globals.print('Nothing to do: all of it is there.')
    if (administrator.username === 'admin') keepPassword(globals, administrator.password)
    return 0
  },

  flushTrusts: async globals => {
    const count = await administration.flushTrusts(wishOf(globals))
    globals.print(`${count} trusts that had ended are thrown away.`)
    return 0
  },
} satisfies Readonly<Record<string, Deed>>

function wishOf(globals: Globals) {
  const { places, flags, environment, clock, chance } = globals
  const { settings } = readSettings(places, flags, environment)
  const sources = sourcesOf(places, flags, environment)
  claimPlaces(places)
  return {
    settings: readConfig(identityOptions, sources, [allOptions]).values,
    keyDir: join(places.home, 'keystone'),
    databaseUrl: databaseOf('keystone', settings, places).url,
    clock,
    chance,
    cause: { requestId: `req-${chance.uuid()}`, why: 'keystone-manage' },
  }
}

/** `--bootstrap-username`, or `OS_BOOTSTRAP_USERNAME`, and so on. Without a password there is no administrator. */
function administratorOf(words: readonly string[], environment: Globals['environment']) {
  const { values } = parseArgs({ args: [...words], strict: false, options: bootstrapOptions })
  const told = (name: keyof typeof bootstrapOptions) => {
    const value = values[name] ?? environment[`OS_${name.toUpperCase().replaceAll('-', '_')}`]
    return typeof value === 'string' ? value : undefined
  }
  const password = told('bootstrap-password')
  return password === undefined
    ? undefined
    : {
        password,
        username: told('bootstrap-username') ?? 'admin',
        project: told('bootstrap-project-name') ?? 'admin',
        role: told('bootstrap-role-name') ?? 'admin',
        service: told('bootstrap-service-name') ?? 'keystone',
        region: told('bootstrap-region-id'),
        urls: {
          public: told('bootstrap-public-url'),
          internal: told('bootstrap-internal-url'),
          admin: told('bootstrap-admin-url'),
        },
      }
}

const bootstrapOptions = {
  'bootstrap-username': { type: 'string' },
  'bootstrap-password': { type: 'string' },
  'bootstrap-project-name': { type: 'string' },
  'bootstrap-role-name': { type: 'string' },
  'bootstrap-service-name': { type: 'string' },
  'bootstrap-region-id': { type: 'string' },
  'bootstrap-public-url': { type: 'string' },
  'bootstrap-internal-url': { type: 'string' },
  'bootstrap-admin-url': { type: 'string' },
} as const

/** What `kilonova openrc admin` says must go on being true. */
function keepPassword(globals: Globals, password: string) {
  const { places, flags, environment } = globals
  const { settings } = readSettings(places, flags, environment)
  publishCredentials({ ...globals, settings, environment: { ...environment, KILONOVA_ADMIN_PASSWORD: password } })
}

/** NOTE: Keystone needs `--keystone-user` and `--keystone-group`; here one program is all services, and reads the keys as whoever it runs as. */
function ownerRemark({ say }: Globals, words: readonly string[]): number {
  if (words.some(word => /^--keystone-(user|group)/.test(word)))
    say('--keystone-user and --keystone-group mean nothing here: the keys belong to whoever runs the cloud.')
  return 0
}
