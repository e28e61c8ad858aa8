import type { Clock } from '../clock.ts'
import { type declarations, type Endpoint, isOpen } from '../http/endpoint.ts'
import type { Ladder } from '../ladder.ts'
import { type PolicyDefaults, policy } from '../policy/policy.ts'
import { askPlugin, Unfit, whyUnfit } from './ask.ts'
import { type Extension, type Rooms, wordsOf } from './extension.ts'
import type { Plugin, RefusedPlugin } from './find.ts'

/** The service that plug-ins want to extend. */
export interface Extended {
  readonly declaring: ReturnType<typeof declarations>
  readonly versions: Ladder
  /** Below which every path begins: `/v2.1/`. */
  readonly root: string
  readonly endpoints: readonly Endpoint[]
  readonly policies: PolicyDefaults
  readonly clock: Clock
  roomsOf(plugin: Plugin): Rooms
}

export interface AdmittedPlugin {
  readonly name: string
  readonly extension: Extension
}

export interface Admission {
  readonly admitted: readonly AdmittedPlugin[]
  readonly refused: readonly RefusedPlugin[]
}

/**
 * Asks each plug-in what it adds and lets in what fits: the paths are free, the rules are there and can be read. Whatever a plug-in does
 * wrong, throwing included, leaves it out and everything else as it is.
 */
export async function admit(plugins: readonly Plugin[], service: Extended): Promise<Admission> {
  const admitted: AdmittedPlugin[] = []
  const refused: RefusedPlugin[] = []
  for (const plugin of plugins) {
    const extensions = admitted.map(({ extension }) => extension)
    try {
      const extension = asExtension(await askPlugin(plugin, wordsOf(service.declaring, service.roomsOf(plugin)), service.clock))
      mustFit(extension, {
        ...service,
        endpoints: [...service.endpoints, ...extensions.flatMap(({ endpoints }) => endpoints)],
        policies: Object.assign({}, service.policies, ...extensions.map(({ policies }) => policies)) as PolicyDefaults,
      })
      if (extensions.some(({ alias }) => alias === extension.alias)) throw new Unfit(`another plug-in has the alias ${extension.alias}`)
      admitted.push({ name: plugin.name, extension })
    } catch (error) {
      refused.push({ name: plugin.name, why: whyUnfit(error) })
    }
  }
  return { admitted, refused }
}

function asExtension(said: unknown): Extension {
  if (typeof said !== 'object' || said === null) throw new Unfit('its function returns no extension')
  const { alias, name, description, updated, endpoints, policies } = said as Partial<Record<keyof Extension, unknown>>
  for (const [field, value] of Object.entries({ alias, name, description, updated }))
    if (typeof value !== 'string' || value === '') throw new Unfit(`its extension has no ${field}`)
  if (!/^[\w.:-]+$/.test(String(alias))) throw new Unfit(`its alias, ${alias}, is no word`)
  if (!Array.isArray(endpoints) || endpoints.length === 0 || !endpoints.every(isEndpoint))
    throw new Unfit('its endpoints are not what endpoint(...) makes')
  if (typeof policies !== 'object' || policies === null) throw new Unfit('its extension has no policies')
  return said as Extension
}

const isEndpoint = (one: unknown): one is Endpoint =>
  typeof one === 'object' && one !== null && 'method' in one && 'path' in one && 'policy' in one && 'run' in one && 'status' in one

function mustFit({ endpoints, policies: own }: Extension, { endpoints: taken, policies, root, versions }: Extended) {
  const redefined = Object.keys(own).find(name => Object.hasOwn(policies, name))
  if (redefined !== undefined) throw new Unfit(`the rule ${redefined} is there already`)
  const rules = { ...policies, ...own }
  for (const [at, endpoint] of endpoints.entries()) {
    const { method, path, policy: rule } = endpoint
    if (!path.startsWith(root)) throw new Unfit(`${method} ${path} does not begin with ${root}`)
    if (!isOpen(rule) && !Object.hasOwn(rules, rule)) throw new Unfit(`${method} ${path} names the rule ${rule}, which is nowhere`)
    const clash = [...taken, ...endpoints.slice(0, at)].find(other => doClash(endpoint, other))
    if (clash) throw new Unfit(`${method} ${path} is there already${clash.path === path ? '' : `, as ${clash.path}`}`)
    for (const part of [endpoint.body, endpoint.query, endpoint.view]) for (const version of versions.order) part?.schema(version)
  }
  // Refuses rules that cannot be read, and those that name rules which are nowhere.
  policy({ defaults: rules })
}

const bare = (path: string) => path.replaceAll(/\{\w+\}/g, '{}').replace(/\/$/, '')

/** Two actions of one path are two endpoints; the same place under names of its own is not. */
function doClash(one: Endpoint, other: Endpoint): boolean {
  if (bare(one.path) !== bare(other.path)) return false
  if (one.path !== other.path) return true
  return one.method === other.method && (one.action === undefined || other.action === undefined || one.action === other.action)
}
