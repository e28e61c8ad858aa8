import type { Endpoint, May } from '@kilonova/platform/http/endpoint.ts'
import { readValue } from '../attributes/attribute/attribute.ts'
import { listOf, text } from '../attributes/attribute/kinds.ts'
import { refuseBody, refuseUnknown } from '../refusals/refusal.ts'
import { endpoint } from '../versions.ts'
import type { Caller, Collection, TagKeeper } from './collection.ts'
import { describedBody, type Sent } from './bodies.ts'
import { viewerOf } from './collection.ts'
import { wireOf } from './showing.ts'

const tagsKind = listOf(text(60))
const bodyOfTags = describedBody('tags', {}, 'u')

/** The tags of one thing: read and written by whoever may read and change the thing. */
export function tagEndpoints<N extends { readonly id: string }>(
  one: Collection<N>,
  keeper: TagKeeper,
  itemPath: string,
): readonly Endpoint[] {
  const rule = one.rule ?? one.name
  const idOf = (params: unknown) => (params as Record<string, string>)[one.param ?? 'id'] ?? ''
  const tagOf = (params: unknown) => (params as Record<string, string>)['tag'] ?? ''
  const about = async (asked: { params: unknown; caller: Caller; may: May }) => {
    const thing = await one.logic.get(idOf(asked.params), viewerOf(asked), {}).catch(() => {
      return refuseUnknown('TagResourceNotFound', `Resource ${one.plural} ${idOf(asked.params)} could not be found.`)
    })
    const wire = wireOf(thing, one.attributes, one.shows)
    const [more = {}] = (await one.besides?.([wire], viewerOf(asked), {})) ?? []
    return { tags: (thing as { tags?: readonly string[] }).tags ?? [], target: { ...wire, ...more } }
  }
  const shared = { tellsAbsence: true, about, target: ({ about: found }: { about: { target: Sent } | undefined }) => found?.target ?? {} }
  const schema = { type: 'object', properties: { tags: { type: 'array', items: { type: 'string' } } }, required: ['tags'] }
  const view = { rungs: [], schema: () => schema, render: (body: unknown) => body }
  return [
    endpoint(`GET ${itemPath}/tags`, {
      ...shared,
      summary: `List the tags of ${one.words.one}`,
      policy: `get_${rule}`,
      status: 200,
      view,
      run: ({ about: { tags } }) => ({ tags }),
    }),
    endpoint(`PUT ${itemPath}/tags`, {
      ...shared,
      summary: `Set the tags of ${one.words.one}`,
      policy: `update_${rule}`,
      body: { ...bodyOfTags, schema: () => schema },
      status: 200,
      view,
      async run({ params, body, cause, ...asked }) {
        const sent = (body ?? {}) as Sent
        if (!Object.hasOwn(sent, 'tags')) refuseBody('Invalid tags body')
        const tags = readValue('tags', tagsKind, sent['tags'])
        return { tags: await keeper.write(idOf(params), () => tags, viewerOf(asked), cause) }
      },
    }),
    endpoint(`DELETE ${itemPath}/tags`, {
      ...shared,
      summary: `Take all tags from ${one.words.one}`,
      policy: `update_${rule}`,
      status: 204,
      run: async ({ params, cause, ...asked }) => void (await keeper.write(idOf(params), () => [], viewerOf(asked), cause)),
    }),
    endpoint(`GET ${itemPath}/tags/{tag}`, {
      ...shared,
      summary: `Ask whether ${one.words.one} has a tag`,
      policy: `get_${rule}`,
      status: 204,
      run({ about: { tags }, params }) {
        if (!tags.includes(tagOf(params))) refuseUnknown('TagNotFound', `Tag ${tagOf(params)} could not be found.`)
      },
    }),
    endpoint(`PUT ${itemPath}/tags/{tag}`, {
      ...shared,
      summary: `Put a tag on ${one.words.one}`,
      policy: `update_${rule}`,
      status: 201,
      async run({ params, cause, ...asked }) {
        const tag = readValue('tag', text(60), tagOf(params))
        await keeper.write(idOf(params), before => [...new Set([...before, tag])], viewerOf(asked), cause)
      },
    }),
    endpoint(`DELETE ${itemPath}/tags/{tag}`, {
      ...shared,
      summary: `Take a tag from ${one.words.one}`,
      policy: `update_${rule}`,
      status: 204,
      async run({ params, about: { tags }, cause, ...asked }) {
        if (!tags.includes(tagOf(params))) refuseUnknown('TagNotFound', `Tag ${tagOf(params)} could not be found.`)
        await keeper.write(idOf(params), before => before.filter(tag => tag !== tagOf(params)), viewerOf(asked), cause)
      },
    }),
  ]
}
