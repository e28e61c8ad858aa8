import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Places } from './places.ts'
import type { Settings } from './settings.ts'

/** The passwords a cloud begins with. They are made once and kept in the home, readable by its owner only. */
export interface Passwords {
  readonly admin: string
  readonly demo: string
  /** Under which a service asks the others. */
  ofService(name: string): string
}

export function ensurePasswords(
  places: Places,
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
  chance: Chance,
): Passwords {
  mkdirSync(places.home, { recursive: true, mode: 0o750 })
  const toldAdmin = environment['KILONOVA_ADMIN_PASSWORD'] ?? settings.bootstrap.admin_password
  // Made when somebody asks: a host without keystone has no people.
  return {
    get admin() {
      return ensureSecret(join(places.home, 'admin-password'), toldAdmin, chance)
    },
    get demo() {
      return ensureSecret(join(places.home, 'demo-password'), settings.bootstrap.demo_password, chance)
    },
    ofService: name => ensureSecret(join(places.home, `service-password-${name}`), undefined, chance),
  }
}

export type Person = 'admin' | 'demo'

export const openrcFile = (places: Places, person: Person) => join(places.home, `${person}-openrc`)

/** Where clients find a cloud. */
export interface Address {
  readonly authUrl: string
  readonly region: string
  /** A file with the certificate they are to trust. */
  readonly trust?: string | undefined
}

/** What a shell sources so that the openstack command finds the cloud. */
export function openrc(person: Person, password: string, { authUrl, region, trust }: Address): string {
  const variables = {
    OS_CLOUD: undefined,
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_NAME: person,
    OS_USERNAME: person,
    OS_PASSWORD: password,
    OS_AUTH_URL: authUrl,
    OS_CACERT: trust,
    OS_REGION_NAME: region,
    OS_IDENTITY_API_VERSION: '3',
    OS_IMAGE_API_VERSION: '2',
    // The first in which servers can be asked for without a network; clients of all years since know it.
    OS_COMPUTE_API_VERSION: '2.37',
  }
  const lines = Object.entries(variables).map(([name, value]) =>
    value === undefined ? `unset ${name}` : `export ${name}=${quoted(value)}`,
  )
  return `${lines.join('\n')}\n`
}

/** Writes the openrc files and clouds.yaml, 0600 each. */
export function writeCredentials(places: Places, passwords: Passwords, cloud: Address): void {
  for (const person of ['admin', 'demo'] as const) writeSecret(openrcFile(places, person), openrc(person, passwords[person], cloud))
  writeSecret(join(places.home, 'clouds.yaml'), cloudsYaml(passwords, cloud))
}

function cloudsYaml(passwords: Passwords, { authUrl, region, trust }: Address): string {
  const one = (person: Person) => [
    `  ${person === 'admin' ? 'kilonova' : 'kilonova-demo'}:`,
    '    auth:',
    `      auth_url: ${JSON.stringify(authUrl)}`,
    `      username: ${person}`,
    `      password: ${JSON.stringify(passwords[person])}`,
    `      project_name: ${person}`,
    '      user_domain_name: Default',
    '      project_domain_name: Default',
    `    region_name: ${JSON.stringify(region)}`,
    '    identity_api_version: "3"',
    ...(trust === undefined ? [] : [`    cacert: ${JSON.stringify(trust)}`]),
  ]
  return `${['clouds:', ...one('admin'), ...one('demo')].join('\n')}\n`
}

const quoted = (value: string) => (/^[\w.:/@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`)

function ensureSecret(file: string, told: string | undefined, chance: Chance): string {
  const kept = readIfThere(file)?.trim()
  if (told === undefined && kept) return kept
  if (told === undefined && kept === undefined) return makeSecret(file, chance)
  const password = told ?? chance.bytes(15).toString('base64url')
  if (password !== kept) writeSecret(file, `${password}\n`)
  return password
}

/** Processes of one home may start at the same moment: the first to put the file there has made it for all. */
function makeSecret(file: string, chance: Chance): string {
  const password = chance.bytes(15).toString('base64url')
  const mine = `${file}.${chance.hex().slice(0, 8)}`
  writeFileSync(mine, `${password}\n`, { mode: 0o600 })
  try {
    linkSync(mine, file)
    return password
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return readFileSync(file, 'utf8').trim()
  } finally {
    rmSync(mine)
  }
}

function writeSecret(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
