import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import { powerNumber, type statesOf as States, statesOf } from '../states.ts'
import type { ExactColumn, TagSearch } from '../store/search.ts'

/** What is asked of a list, by the wire's names. */
export type Asked = Readonly<Record<string, string | readonly string[] | undefined>>

export interface Filters {
  readonly exact: Readonly<Partial<Record<ExactColumn, readonly string[]>>>
  readonly states?: ReturnType<typeof States> | undefined
  readonly flavorId?: string | undefined
  readonly isLocked?: boolean | undefined
  readonly tags: TagSearch
  readonly suits?: ((server: Server) => boolean) | undefined
}

/** Filters that came with a version: said before, they are unknown to everybody. */
// biome-ignore format: a table
export const laterFilters: readonly (readonly [since: string, names: readonly string[]])[] = [
  ['2.26', ['tags', 'tags-any', 'not-tags', 'not-tags-any']],
  ['2.66', ['changes-before']],
  ['2.73', ['locked']],
]

/** Filters everybody may use, each since a version; all others are an operator's, and for anybody else as if they had not been said. */
// biome-ignore format: a table
export const everybodys: readonly (readonly [since: string, names: readonly string[]])[] = [
  ['2.1',  ['reservation_id', 'name', 'status', 'image', 'flavor', 'ip', 'changes-since', 'all_tenants']],
  ['2.5',  ['ip6']],
  ...laterFilters,
  ['2.83', ['availability_zone', 'config_drive', 'key_name', 'created_at', 'launched_at', 'terminated_at', 'power_state', 'task_state', 'vm_state', 'progress', 'user_id']],
  ['2.90', ['hostname']],
]

/** Fields of other tables, which no list of servers can be narrowed by. */
const foreign = ['block_device_mapping', 'services', 'metadata', 'system_metadata', 'info_cache', 'security_groups', 'pci_devices']

// biome-ignore format: a table: the wire's name and the column whose value must be just this
const exactColumns: Readonly<Record<string, ExactColumn>> = {
  uuid: 'id', user_id: 'user_id', image: 'image_id', image_ref: 'image_id', vm_state: 'vm_state', task_state: 'task_state', host: 'host',
}

type Read = (server: Server) => string | number | null
const python = (time: string | null) => time?.replace('T', ' ').replace(/(\.\d+)?Z$/, '') ?? null
// biome-ignore format: a table: the wire's name and what a pattern must be found in
const patterns: Readonly<Record<string, Read>> = {
  name:                s => s.name,
  display_name:        s => s.name,
  description:         s => s.description,
  display_description: s => s.description,
  hostname:            s => s.hostname,
  node:                s => s.node,
  key_name:            s => s.keyName,
  reservation_id:      s => s.reservationId,
  availability_zone:   s => s.availabilityZone,
  root_device_name:    s => s.rootDevice,
  access_ip_v4:        s => s.accessIpV4,
  access_ip_v6:        s => s.accessIpV6,
  locked_by:           s => s.lockedBy,
  kernel_id:           s => s.systemMetadata['image_kernel_id'] ?? null,
  ramdisk_id:          s => s.systemMetadata['image_ramdisk_id'] ?? null,
  created_at:          s => python(s.createdAt),
  launched_at:         s => python(s.launchedAt),
  terminated_at:       s => python(s.terminatedAt),
}
// biome-ignore format: a table: the wire's name and what must be just this
const equals: Readonly<Record<string, Read>> = {
  launch_index: s => s.launchIndex,
  progress:     s => s.progress,
  power_state:  s => powerNumber(s.powerState),
  config_drive: s => (s.hasConfigDrive ? 'True' : ''),
  auto_disk_config: s => (s.diskConfig === 'AUTO' ? 'True' : 'False'),
}
const boolean = new Set(['config_drive', 'auto_disk_config'])

/** The filters among what is asked. `isAllowed` says which of them the one who asks may use. */
export function filtersOf(asked: Asked, isAllowed: (name: string) => boolean): Filters {
  const said = Object.entries(asked).flatMap(([name, value]) => (value !== undefined && isAllowed(name) ? [[name, value] as const] : []))
  const wrong = said.find(([name]) => name.startsWith('_') || foreign.includes(name))
  if (wrong) throw new Refusal('invalid', `Invalid filter field: ${wrong[0]}.`)
  const told = new Map(said)
  const tests = said.flatMap(([name, value]) => testsOf(name, [value].flat()))
  return {
    exact: Object.fromEntries(said.flatMap(([name, value]) => exactOf(name, [value].flat()))),
    states: told.has('status') ? statusesOf([told.get('status') ?? []].flat()) : undefined,
    flavorId: one(told.get('flavor'))?.split('/').at(-1),
    isLocked: told.has('locked') ? yesOrNo('locked', one(told.get('locked')) ?? '') : undefined,
    tags: tagsOf(told),
    ...(tests.length > 0 ? { suits: (server: Server) => tests.every(test => test(server)) } : {}),
  }
}

const one = (value: string | readonly string[] | undefined) => [value ?? []].flat().at(-1)

function exactOf(name: string, values: readonly string[]): readonly (readonly [ExactColumn, readonly string[]])[] {
  const column = Object.hasOwn(exactColumns, name) ? exactColumns[name] : undefined
  if (column === undefined) return []
  // An image may be named by its address.
  return [[column, column === 'image_id' ? values.map(value => value.split('/').at(-1) ?? '') : values]]
}

function testsOf(name: string, values: readonly string[]): readonly ((server: Server) => boolean)[] {
  const value = values.at(-1) ?? ''
  if (name === 'ip' || name === 'ip6') return [addressTest(value, name === 'ip' ? 4 : 6)]
  const read = Object.hasOwn(patterns, name) ? patterns[name] : undefined
  if (read) {
    const pattern = patternOf(name, value)
    return [server => pattern.test(String(read(server) ?? ''))]
  }
  const same = Object.hasOwn(equals, name) ? equals[name] : undefined
  if (!same) return []
  const wanted = boolean.has(name) ? (isYes(value) ? 'True' : name === 'config_drive' ? '' : 'False') : value
  return [server => String(same(server)) === wanted]
}

function addressTest(value: string, version: 4 | 6) {
  const pattern = patternOf(version === 4 ? 'ip' : 'ip6', value)
  return ({ nics }: Server) => nics.some(nic => nic.addresses.some(found => found.version === version && pattern.test(found.address)))
}

function patternOf(name: string, value: string): RegExp {
  try {
    return new RegExp(value, 'i')
  } catch {
    throw new Refusal('invalid', `Invalid input for query parameters ${name}. Value: ${value}. It is no regular expression.`)
  }
}

/** Of several statuses any will do; those that no server ever has count for nothing. */
const statusesOf = (statuses: readonly string[]) => statuses.flatMap(status => statesOf(status))

function tagsOf(told: ReadonlyMap<string, string | readonly string[]>): TagSearch {
  const tags = (name: string) => (told.has(name) ? (one(told.get(name)) ?? '').split(',') : undefined)
  return { all: tags('tags'), any: tags('tags-any'), notAll: tags('not-tags'), notAny: tags('not-tags-any') }
}

const yes = ['1', 't', 'true', 'on', 'y', 'yes']
const no = ['0', 'f', 'false', 'off', 'n', 'no']
export const isYes = (word: string) => yes.includes(word.trim().toLowerCase())

export function yesOrNo(name: string, word: string): boolean {
  const lower = word.trim().toLowerCase()
  if (yes.includes(lower)) return true
  if (no.includes(lower)) return false
  throw new Refusal(
    'invalid',
    `Invalid input received: Unrecognized value '${word}' of ${name}, acceptable values are: ${[...no, ...yes].map(one => `'${one}'`).join(', ')}`,
  )
}
