import { isIP } from 'node:net'
import { shown } from '@kilonova/platform/config/kinds.ts'
import { nearest } from '@kilonova/platform/config/near.ts'
import type { Host } from '../host.ts'
import { databaseOf } from '../databases.ts'
import { daemonsHere } from '../daemons.ts'
import { namesOf } from '../of-home.ts'
import { launcherOptions } from '../settings.ts'
import type { SignIn } from './sign-in.ts'
import { type Check, type Finding, fail, ok } from './check.ts'

/** The databases that are configured: the name resolves, the port answers. */
export const databases: Check = {
  name: 'database',
  run: async ({ host, settings, services, places, signIn, home }) => {
    const sections = Object.keys(launcherOptions).filter(
      section => section === 'database' || section.endsWith('_database'),
    ) as DatabaseSection[]
    const set = sections.flatMap(section => {
      const connection = settings[section].connection
      return connection === undefined ? [] : [{ option: `[${section}] connection`, url: connection }]
    })
    const keepers = daemonsHere(settings.DEFAULT).filter(({ hasTables }) => hasTables)
    if (keepers.length === 0) return [ok(`none needed by ${namesOf(home)}`)]
    if (set.length === 0) return [ok('none configured: each service has a file of its own')]
    const reached = await Promise.all(set.map(({ option, url }) => reach(host, option, url, databasePort(url))))
    const findings = reached.flat()
    if (findings.some(({ level }) => level === 'FAIL')) return findings
    // Who may sign in is asked of each service's own database: their names differ, and so may their rights.
    const databases = services
      .filter(({ name }) => keepers.some(({ service }) => service === name))
      .map(({ name }) => ({ name, ...databaseOf(name, settings, places) }))
      .filter(({ url }) => !isFile(url))
    return await Promise.all(databases.map(one => enter(one, signIn)))
  },
}

const isFile = (url: string) => url.startsWith('sqlite:')

async function enter({ name, url, option }: { name: string; url: string; option: string }, signIn: SignIn): Promise<Finding> {
  try {
    const isThere = await signIn.database(url, option)
    const words = `${name}: ${shown(undefined, url)}`
    return ok(isThere ? `${words} lets us in` : `${words} lets us in; the database is not there yet, the first start creates it`)
  } catch (error) {
    return refused(error, option)
  }
}

type DatabaseSection = 'database' | `${'keystone' | 'placement' | 'glance' | 'neutron' | 'cinder' | 'nova' | 'swift'}_database`

/** What a client says is one line: what is wrong, and behind it what mends it. */
function refused(error: unknown, option: string): Finding {
  const line = (error instanceof Error ? error.message : String(error)).replace(/\.$/, '')
  const [, says = line, remedy = `correct ${option}`] = /^(.*\)): (.*)$/.exec(line) ?? /^(.*?)\. ([A-Z].*)$/.exec(line) ?? []
  return fail(says, remedy)
}

export const broker: Check = {
  name: 'broker',
  run: async ({ host, settings, signIn }) => {
    const url = settings.DEFAULT.transport_url
    if (url === undefined || !/^(rabbit|kombu):/.test(url)) return [ok('none configured: messages stay in the process')]
    const findings = await reach(host, '[DEFAULT] transport_url', url, 5672)
    if (findings.every(({ level }) => level === 'FAIL')) return findings
    try {
      await signIn.broker(url)
      return findings
    } catch (error) {
      return [...findings.filter(({ level }) => level === 'FAIL'), refused(error, '[DEFAULT] transport_url')]
    }
  },
}

const databasePort = (url: string) => (url.startsWith('postgres') ? 5432 : 3306)

/** Whether each host of a URL can be reached. A name that does not resolve is compared with those in /etc/hosts. */
async function reach(host: Host, option: string, url: string, port: number): Promise<readonly Finding[]> {
  if (isFile(url)) return [ok(`${option}: a file`)]
  const authorities = (/^[^:]+:\/\/(.*?)(?:\/[^/@]*)?$/.exec(url)?.[1] ?? '').split(/,(?=[^,]*(?:@|$))/)
  return await Promise.all(
    authorities.map(async authority => {
      const address = authority.slice(authority.lastIndexOf('@') + 1)
      const [, name = '', said] = /^(\[[^\]]+\]|[^:]*)(?::(\d+))?$/.exec(address) ?? []
      const bare = name.replace(/^\[|\]$/g, '') || '127.0.0.1'
      const number = said === undefined ? port : Number(said)
      const why = isIP(bare) ? undefined : await host.resolve(bare)
      if (why !== undefined) return unresolved(host, option, bare, why)
      const refused = await host.connect(bare, number, 3_000)
      if (refused === undefined) return ok(`${option}: ${shown(undefined, url)} answers`)
      return fail(`${option}: ${bare}:${number} does not answer (${refused})`, `start what listens there, or correct ${option}`)
    }),
  )
}

function unresolved(host: Host, option: string, name: string, why: string): Finding {
  const known = (host.readText('/etc/hosts') ?? '').split('\n').flatMap(line => line.replace(/#.*/, '').trim().split(/\s+/).slice(1))
  const near = known.find(one => one.startsWith(`${name}.`)) ?? nearest(name, known)
  const meant =
    near === undefined
      ? `put ${name} into /etc/hosts, or correct ${option}`
      : `did you mean ${near}, which is in /etc/hosts? Correct ${option}`
  return fail(`${option} names the host "${name}", which does not resolve (${why})`, meant)
}
