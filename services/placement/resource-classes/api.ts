import { Answer, answer } from '@kilonova/platform/http/endpoint.ts'
import { required } from '@kilonova/platform/http/fields.ts'
import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, latestOf, listView, modified, since, view } from '../versions.ts'
import type { ResourceClassLogic } from './logic.ts'
import type { ResourceClass } from './resource-class/resource-class.ts'

const ownName = { max: 255, pattern: '^CUSTOM_[A-Z0-9_]+$' }
const nameBody = body(null, { name: required(text(ownName)) })

const shown = shows<ResourceClass>()
const classView = view(null, {
  name: shown(text(), one => one.name),
  links: shown(list(object({ rel: text(), href: text() })), (one, { base }) => [
    { rel: 'self', href: `${new URL(base).pathname.replace(/\/$/, '')}/resource_classes/${one.name}` },
  ]),
})

// biome-ignore format: a table per route
export const resourceClassApi = (classes: ResourceClassLogic, clock: Pick<Clock, 'now'>) => [
  since('1.2', endpoint('GET /resource_classes', {
    summary: 'List the resource classes',
    policy:  'placement:resource_classes:list',
    status:  200,
    view:    listView('resource_classes', classView),
    async run({ at }) {
      const items = await classes.list()
      return answer({ items }, { headers: at(modified(latestOf(items.map(one => one.createdAt ?? 0), clock.now()))) ?? {} })
    },
  })),

  since('1.2', endpoint('POST /resource_classes', {
    summary: 'Create a resource class of one’s own',
    policy:  'placement:resource_classes:create',
    body:    nameBody,
    status:  201,
    async run({ body, cause, base }) {
      await classes.create(body.name, cause)
      return new Answer<void>({ headers: { location: `${base}/resource_classes/${body.name}` } })
    },
  })),

  since('1.2', endpoint('GET /resource_classes/{name}', {
    summary: 'Show a resource class',
    policy:  'placement:resource_classes:show',
    status:  200,
    view:    classView,
    async run({ params, at }) {
      const found = await classes.get(params.name)
      return answer(found, { headers: at(modified(found.createdAt ?? clock.now())) ?? {} })
    },
  })),

  { from: '1.2', to: '1.6', what: endpoint('PUT /resource_classes/{name}', {
    summary: 'Rename a resource class',
    policy:  'placement:resource_classes:update',
    body:    nameBody,
    status:  200,
    view:    classView,
    run:     ({ params, body, cause }) => classes.rename(params.name, body.name, cause),
  }) },

  since('1.7', endpoint('PUT /resource_classes/{name}', {
    summary: 'Create a resource class of one’s own, or find that it is there',
    policy:  'placement:resource_classes:update',
    status:  204,
    async run({ params, cause, base }) {
      if (params.name.length > ownName.max || !new RegExp(ownName.pattern).test(params.name))
        throw new Refusal('invalid', `JSON does not validate: '${params.name}' does not match '${ownName.pattern}'`)
      const isNew = await classes.ensure(params.name, cause)
      return new Answer<void>({ status: isNew ? 201 : 204, headers: { location: `${base}/resource_classes/${params.name}` } })
    },
  })),

  since('1.2', endpoint('DELETE /resource_classes/{name}', {
    summary: 'Delete a resource class of one’s own',
    policy:  'placement:resource_classes:delete',
    status:  204,
    run:     ({ params, cause }) => classes.delete(params.name, cause),
  })),
]
