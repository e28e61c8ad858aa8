import { Answer } from '@kilonova/platform/http/endpoint.ts'
import { required } from '@kilonova/platform/http/fields.ts'
import { list, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, view } from '../../versions.ts'
import { mustCarry } from '../logic/labels.ts'
import type { ServerLogic } from '../logic.ts'
import { ofServer } from './asked.ts'

const form = /^[^,/]{1,60}$/
const tagList = list(text({ min: 1, max: 60, pattern: '^[^,/]*$' }), { max: 50 })
const tagsView = view(null, { tags: shows<readonly string[]>()(list(text()), tags => tags) })
const path = '/v2.1/servers/{server_id}/tags'
const onePath = '/v2.1/servers/{server_id}/tags/{tag}'
const rule = (word: string) => `os_compute_api:os-server-tags:${word}`

// biome-ignore format: a table per route
export const serverTagApi = (servers: ServerLogic) => {
  const of = {
    about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id),
    target: ofServer, since: '2.26', status: 200,
  } as const
  return [
    endpoint(`GET ${path}`, {
      ...of, summary: 'List the tags of a server', policy: rule('index'), view: tagsView,
      run: ({ about }) => about.tags,
    }),

    endpoint(`PUT ${path}`, {
      ...of, summary: 'Give a server these tags, and no others', policy: rule('update_all'), body: body(null, { tags: required(tagList) }), view: tagsView,
      run: ({ about, body, cause }) => servers.writeTags(about, body.tags, cause),
    }),

    endpoint(`DELETE ${path}`, {
      ...of, summary: 'Take all tags off a server', policy: rule('delete_all'), status: 204,
      run: async ({ about, cause }) => void (await servers.removeTags(about, cause)),
    }),

    endpoint(`GET ${onePath}`, {
      ...of, summary: 'Say whether a server has a tag', policy: rule('show'), status: 204,
      run: ({ about, params }) => mustCarry(about.id, about.tags, params.tag),
    }),

    endpoint(`PUT ${onePath}`, {
      ...of, summary: 'Give a server one more tag', policy: rule('update'), status: 201,
      async run({ about, params: { tag }, cause, base }) {
        if (!form.test(tag))
          throw new Refusal('invalid', `Tag '${tag}' is invalid. It must be a non empty string without characters '/' and ','. Validation error message: '${tag}' is not a tag`)
        const isNew = await servers.addTag(about, tag, cause)
        return isNew ? new Answer({ headers: { location: `${base}/v2.1/servers/${about.id}/tags/${encodeURIComponent(tag)}` } }) : new Answer({ status: 204 })
      },
    }),

    endpoint(`DELETE ${onePath}`, {
      ...of, summary: 'Take a tag off a server', policy: rule('delete'), status: 204,
      run: async ({ about, params, cause }) => void (await servers.removeTag(about, params.tag, cause)),
    }),
  ]
}
