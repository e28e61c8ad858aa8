import { tokenOf } from '@kilonova/platform/http/door-token.ts'
import type { Door } from '@kilonova/platform/http/endpoint.ts'
import { type Field, optional } from '@kilonova/platform/http/fields.ts'
import { either, flag, integer, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, query, since, until, view } from '../../versions.ts'
import type { ProjectLogic } from '../../projects/logic.ts'
import type { QuotaLogic } from '../logic.ts'
import { type Resource, resources, type SaidLimits, type Usage } from '../quota.ts'

/** What the network service limits itself. */
const ofNetworks: readonly Resource[] = ['fixed_ips', 'floating_ips', 'security_group_rules', 'security_groups']
/** What went with personality. */
const ofFiles: readonly Resource[] = ['injected_files', 'injected_file_content_bytes', 'injected_file_path_bytes']

/** Each resource as its versions see it. */
const windowed = <T>(cell: (name: Resource) => T) =>
  Object.fromEntries(
    resources.map(name => {
      const one = cell(name)
      if (ofNetworks.includes(name)) return [name, until('2.35', one)]
      return [name, ofFiles.includes(name) ? until('2.56', one) : one]
    }),
  ) as Readonly<Record<Resource, T>>

const limit = either(integer({ min: -1, max: 0x7fff_ffff }), text({ pattern: '^-?[0-9]+$' }))
const limitFields = windowed(() => optional(limit)) as Readonly<Record<Resource, Field<number | string, false>>>
const yesNo = either(
  flag,
  oneOf(
    'True',
    'TRUE',
    'true',
    '1',
    'ON',
    'On',
    'on',
    'YES',
    'Yes',
    'yes',
    'False',
    'FALSE',
    'false',
    '0',
    'OFF',
    'Off',
    'off',
    'NO',
    'No',
    'no',
  ),
)
const setBody = body('quota_set', { ...limitFields, force: optional(yesNo), networks: until('2.35', optional(limit)) })
const ofUser = query({ user_id: optional(text()) }, { extra: until('2.74', 'keep') })

interface Shown<T> {
  /** Left out of the answer to a change. */
  readonly id?: string | undefined
  readonly of: Readonly<Record<Resource, T>>
}
const limits = shows<Shown<number>>()
const limitsView = view('quota_set', { id: limits(text(), one => one.id), ...windowed(name => limits(integer(), ({ of }) => of[name])) })
const usages = shows<Shown<Usage>>()
const usage = object({ limit: integer(), in_use: integer(), reserved: integer() })
const detailView = view('quota_set', {
  id: usages(text(), one => one.id),
  ...windowed(name => usages(usage, ({ of }) => ({ limit: of[name].limit, in_use: of[name].inUse, reserved: 0 }))),
})

const target = ({ params }: { readonly params: { readonly tenant_id: string } }) => ({ project_id: params.tenant_id })

interface Naming {
  readonly params: { readonly tenant_id: string }
  readonly caller: Caller
  readonly door: Door
}

// biome-ignore format: a table per route
export const quotaApi = (quotas: QuotaLogic, projects: ProjectLogic) => {
  /** The project that is meant, when there is one. */
  const ofKnown = async ({ params: { tenant_id: id }, caller, door }: Naming) => {
    await projects.mustBe(id, { projectId: caller.projectId, token: tokenOf(door) })
    return id
  }
  return [
  endpoint('GET /v2.1/os-quota-sets/{tenant_id}', {
    summary: 'Show what a project may have, or a user in it',
    policy:  'os_compute_api:os-quota-sets:show',
    query:   ofUser,
    status:  200,
    target,
    view:    limitsView,
    async run({ query, ...asked }) {
      const id = await ofKnown(asked)
      return { id, of: await quotas.limits(id, query.user_id) }
    },
  }),

  endpoint('GET /v2.1/os-quota-sets/{tenant_id}/detail', {
    summary: 'Show what a project may have, and has',
    policy:  'os_compute_api:os-quota-sets:detail',
    query:   ofUser,
    status:  200,
    target,
    view:    detailView,
    async run({ query, ...asked }) {
      const id = await ofKnown(asked)
      return { id, of: await quotas.usages(id, query.user_id) }
    },
  }),

  endpoint('GET /v2.1/os-quota-sets/{tenant_id}/defaults', {
    summary: 'Show what a project may have when nobody says otherwise',
    policy:  'os_compute_api:os-quota-sets:defaults',
    status:  200,
    target,
    view:    limitsView,
    run:     async asked => ({ id: await ofKnown(asked), of: await quotas.defaults() }),
  }),

  endpoint('PUT /v2.1/os-quota-sets/{tenant_id}', {
    summary: 'Say what a project may have, or a user in it',
    policy:  'os_compute_api:os-quota-sets:update',
    query:   ofUser,
    body:    setBody,
    status:  200,
    target,
    view:    limitsView,
    async run({ query, body: { force = false, networks, ...said }, cause, ...asked }) {
      const id = await ofKnown(asked)
      if (networks !== undefined) throw new Refusal('invalid', 'The networks quota has been removed')
      await quotas.set(id, query.user_id, numbers(said), isYes(force), cause)
      return { of: await quotas.limits(id, query.user_id) }
    },
  }),

  endpoint('DELETE /v2.1/os-quota-sets/{tenant_id}', {
    summary: 'Forget what was said of a project, or of a user in it',
    policy:  'os_compute_api:os-quota-sets:delete',
    query:   ofUser,
    status:  202,
    target,
    async run({ params, query, cause }) {
      await quotas.forget(params.tenant_id, query.user_id, cause)
    },
  }),
  ]
}

/** Before 2.50 classes had no server groups, though they had networks; until 2.49 they kept those. */
const ofGroups: readonly Resource[] = ['server_groups', 'server_group_members']
const windowedForClass = <T>(cell: (name: Resource) => T) =>
  Object.fromEntries(
    resources.map(name => {
      const one = cell(name)
      if (ofNetworks.includes(name)) return [name, until('2.49', one)]
      if (ofGroups.includes(name)) return [name, since('2.50', one)]
      return [name, ofFiles.includes(name) ? until('2.56', one) : one]
    }),
  ) as Readonly<Record<Resource, T>>
const classFields = windowedForClass(() => optional(limit)) as Readonly<Record<Resource, Field<number | string, false>>>
const groupFields = Object.fromEntries(ofGroups.map(name => [name, optional(limit)])) as typeof classFields
const classBody = body('quota_class_set', { ...classFields, ...groupFields, networks: until('2.49', optional(limit)) })
const classView = view('quota_class_set', {
  id: limits(text(), one => one.id),
  ...windowedForClass(name => limits(integer(), ({ of }) => of[name])),
})

// biome-ignore format: a table per route
export const quotaClassApi = (quotas: QuotaLogic) => [
  endpoint('GET /v2.1/os-quota-class-sets/{quota_class}', {
    summary: 'Show the limits of a class',
    policy:  'os_compute_api:os-quota-class-sets:show',
    status:  200,
    view:    classView,
    run:     async ({ params }) => ({ id: params.quota_class, of: await quotas.ofClass(params.quota_class) }),
  }),

  endpoint('PUT /v2.1/os-quota-class-sets/{quota_class}', {
    summary: 'Say the limits of a class; the one called default is for every project of which nothing else is said',
    policy:  'os_compute_api:os-quota-class-sets:update',
    body:    classBody,
    status:  200,
    view:    classView,
    async run({ params, body: { networks: _, ...said }, cause }) {
      if (params.quota_class.length > 255) throw new Refusal('invalid', 'quota_class_name has more than 255 characters.')
      await quotas.setClass(params.quota_class, numbers(said), cause)
      return { of: await quotas.ofClass(params.quota_class) }
    },
  }),
]

const numbers = (said: Readonly<Partial<Record<Resource, number | string | undefined>>>): SaidLimits =>
  Object.fromEntries(Object.entries(said).flatMap(([name, value]) => (value === undefined ? [] : [[name, atLeast(name, Number(value))]])))

function atLeast(name: string, value: number): number {
  if (value < -1 || value > 0x7fff_ffff)
    throw new Refusal('invalid', `Invalid input for field/attribute ${name}. Value: ${value}. It is no limit.`)
  return value
}

const isYes = (word: boolean | string) => word === true || (typeof word === 'string' && /^(true|1|on|yes)$/i.test(word))
