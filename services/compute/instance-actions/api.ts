import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, integer, list, nullable, object, text, time } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import { endpoint, query, since, view } from '../versions.ts'
import type { ActionEvent, InstanceAction } from './instance-action.ts'
import type { InstanceActionLogic } from './logic.ts'

/** An action with what the one who looks may see of its events. */
interface SeenAction {
  readonly action: InstanceAction
  readonly events?: readonly object[] | undefined
}

const shown = shows<SeenAction>()
/** As Python prints a time that knows no zone. */
const naive = (iso: string | null) => iso?.replace(/(\.\d{3})?Z$/, (_, ms = '.000') => `${ms}000`) ?? null

// biome-ignore format: a table of fields
const actionView = view('instanceAction', {
  action:        shown(text(), ({ action }) => action.action),
  instance_uuid: shown(text(), ({ action }) => action.serverId),
  request_id:    shown(text(), ({ action }) => action.requestId),
  user_id:       shown(nullable(text()), ({ action }) => action.userId),
  project_id:    shown(nullable(text()), ({ action }) => action.projectId),
  start_time:    shown(nullable(text()), ({ action }) => naive(action.startedAt)),
  message:       shown(nullable(text()), ({ action }) => action.message),
  updated_at:    since('2.58', shown(nullable(text()), ({ action }) => naive(action.updatedAt))),
  events:        shown(list(anything), ({ events }) => events),
})

interface Page {
  readonly items: readonly SeenAction[]
  readonly next: string | undefined
}

const pages = shows<Page>()
/** The links of these pages stand under a name of their own. */
const listView = view(null, {
  instanceActions: pages(list(anything), ({ items }, showing) => items.map(one => actionView.bare(one, showing))),
  links: since(
    '2.58',
    pages(list(object({ rel: text(), href: text() })), ({ next }, { self }) => {
      if (next === undefined) return undefined
      const url = new URL(self)
      url.searchParams.set('marker', next)
      return [{ rel: 'next', href: url.toString() }]
    }),
  ),
})

const maxLimit = 1000
// biome-ignore format: a table of fields
const listQuery = query({
  limit:            since('2.58', optional(integer({ min: 0 }))),
  marker:           since('2.58', optional(text())),
  'changes-since':  since('2.58', optional(time)),
  'changes-before': since('2.66', optional(time)),
})

const rule = (word: string) => `os_compute_api:os-instance-actions:${word}`
const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })

// biome-ignore format: a table per route
export const instanceActionApi = (actions: InstanceActionLogic, servers: Pick<ServerLogic, 'get' | 'getEvenDeleted' | 'hostIdOf'>) => {
  const about = ({ params, at }: { params: { readonly server_id: string }; at: <T>(varying: ReturnType<typeof since<T>>) => T | undefined }) =>
    at(since('2.21', true)) ? servers.getEvenDeleted(params.server_id) : servers.get(params.server_id)
  return [
    endpoint('GET /v2.1/servers/{server_id}/os-instance-actions', {
      summary: 'List what was asked of a server',
      policy:  rule('list'),
      query:   listQuery,
      status:  200,
      about,
      target:  ofServer,
      view:    listView,
      async run({ about, query }) {
        const { 'changes-since': changedSince, 'changes-before': changedBefore, marker } = query
        if (changedSince !== undefined && changedBefore !== undefined && Date.parse(changedBefore) < Date.parse(changedSince))
          throw new Refusal('invalid', 'The value of changes-since must be less than or equal to changes-before.')
        const limit = Math.min(query.limit || maxLimit, maxLimit)
        const found = await actions.list({ serverId: about.id, limit: limit + 1, marker, changedSince: utc(changedSince), changedBefore: utc(changedBefore) })
        const items = found.slice(0, limit).map(action => ({ action }))
        return { items, next: found.length > limit ? items.at(-1)?.action.requestId : undefined }
      },
    }),

    endpoint('GET /v2.1/servers/{server_id}/os-instance-actions/{request_id}', {
      summary: 'Show what was asked of a server, and what was done for it',
      policy:  rule('show'),
      status:  200,
      about,
      target:  ofServer,
      view:    actionView,
      async run({ about, params, may, at }) {
        const { events, ...action } = await actions.get({ serverId: about.id, requestId: params.request_id })
        const target = ofServer({ about })
        const seesAll = may(rule('events'), target)
        if (!seesAll && !at(since('2.51', true))) return { action }
        const seesHosts = at(since('2.62', true)) ?? false
        const seesDetails = (at(since('2.84', true)) ?? false) && may(rule('events:details'), target)
        const show = (event: ActionEvent) => ({
          ...{ event: event.event, start_time: naive(event.startedAt), finish_time: naive(event.finishedAt), result: event.result },
          ...(seesAll ? { traceback: event.result === 'Error' ? event.details : null } : {}),
          ...(seesHosts && seesAll ? { host: event.host } : {}),
          ...(seesHosts ? { hostId: servers.hostIdOf({ ...about, host: event.host }) } : {}),
          ...(seesDetails ? { details: event.details } : {}),
        })
        return { action, events: events.map(show) }
      },
    }),
  ]
}

/** A moment as it is written in the database; without a zone it is meant in UTC. */
const utc = (said: string | undefined): string | undefined =>
  said === undefined ? undefined : new Date(/(Z|[+-]\d\d:?\d\d)$/i.test(said) ? said : `${said}Z`).toISOString()
