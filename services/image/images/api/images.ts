import { answer, type May } from '@kilonova/platform/http/endpoint.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, listView, plainBody } from '../../versions.ts'
import type { Image, Visibility } from '../image.ts'
import type { ImageLogic } from '../logic/images.ts'
import { imageBodySchema, type ImageFormats } from './fields.ts'
import { listQuery, listWishOf } from './list-query.ts'
import { patchReader } from './patch.ts'
import { refuseUnknown } from '../logic/sight.ts'
import { ofOneImage, seen, type Seeing, targetOf } from '../logic/seeing.ts'
import { newImageOf } from './new-image.ts'
import { imageView, placesFor, type Showing } from './views.ts'

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly formats: ImageFormats
  readonly showing: Showing
  readonly usualPageLength: number
  readonly importMethods: readonly string[]
  readonly storeIds: readonly string[]
}

// biome-ignore format: a table per route
export const imageApi = ({ images, formats, showing, usualPageLength, importMethods, storeIds, viewerOf }: Rooms) => {
  const one = imageView(showing)
  const ofOne = ofOneImage(images, { viewerOf })
  const readPatch = patchReader(formats)
  const placed = placesFor(showing)
  const offers = {
    ...(importMethods.length === 0 ? {} : { 'openstack-image-import-methods': importMethods.join(',') }),
    ...(storeIds.length === 0 ? {} : { 'openstack-image-store-ids': storeIds.join(',') }),
  }
  return [
    endpoint('GET /v2/images', {
      summary: 'List images',
      policy:  'get_images',
      target:  ({ caller }) => ({ project_id: caller.projectId }),
      query:   listQuery,
      status:  200,
      view:    listView('images', one),
      async run({ caller, query, door, may }) {
        mustNameAll(door.url)
        const wish = listWishOf(query, usualPageLength)
        const found = await images.list({ ...wish, viewer: viewerOf(caller) })
        const items = found.flatMap(image => {
          const target = targetOf({ image, memberId: memberOf(image, caller.projectId) }, caller)
          return may('get_image', target) ? [placed(image, may, target)] : []
        })
        const last = items.at(-1)
        return { items, ...(last && found.length >= wish.limit ? { next: last.id } : {}) }
      },
    }),

    endpoint('POST /v2/images', {
      summary: 'Register an image',
      policy:  'add_image',
      target:  ({ caller, body }) => proposed(body, caller.projectId),
      body:    plainBody(null, imageBodySchema(formats), {} as NewImageBody),
      status:  201,
      view:    one,
      async run({ caller, body, cause, may }) {
        const wish = newImageOf(body, formats, caller.projectId)
        mayShowTo(may, wish.visibility, proposed(body, caller.projectId))
        const image = await images.create(wish, viewerOf(caller), cause)
        return answer(placed(image, may, targetOf({ image, memberId: null }, caller)), { headers: { location: `/v2/images/${image.id}`, ...offers } })
      },
    }),

    endpoint('DELETE /v2/images', {
      summary: 'Refused: images are deleted one by one',
      policy:  'delete_image',
      target:  ({ caller }) => ({ project_id: caller.projectId }),
      status:  204,
      run({ door }): undefined {
        mustNameAll(door.url)
        throw new Refusal('not-allowed', 'The method is not allowed for the requested URL.')
      },
    }),

    endpoint('GET /v2/images/{image_id}', {
      summary: 'Show an image',
      policy:  'get_image',
      ...ofOne,
      status:  200,
      view:    one,
      run:     ({ about, params, caller, may }) => placed(seen(about, params.image_id), may, targetOf(about, caller)),
    }),

    endpoint('PATCH /v2/images/{image_id}', {
      summary: 'Change an image by a JSON patch',
      policy:  'modify_image',
      ...ofOne,
      body:    plainBody(null, {}),
      status:  200,
      view:    one,
      async run({ about, caller, params, body, door, cause, may }) {
        const changes = readPatch(body, door.headers['content-type'])
        seen(about, params.image_id)
        const target = targetOf(about, caller)
        for (const { act, path: [name], value } of changes) {
          if (name === 'visibility' && act !== 'remove') mayShowTo(may, value as Visibility, target)
          if (name === 'locations') mayPlace(may, act === 'remove' ? 'delete_image_location' : 'set_image_location', target)
        }
        return placed(await images.update(params.image_id, changes, viewerOf(caller), cause), may, target)
      },
    }),

    endpoint('DELETE /v2/images/{image_id}', {
      summary: 'Delete an image and its data',
      policy:  'delete_image',
      ...ofOne,
      status:  204,
      run:     ({ about, caller, params, cause }) => images.delete(seen(about, params.image_id).id, viewerOf(caller), cause),
    }),

    endpoint('POST /v2/images/{image_id}/actions/deactivate', {
      summary: 'Let nobody but administrators download an image',
      policy:  'deactivate',
      ...ofOne,
      status:  204,
      run:     ({ about, caller, params, cause }) => images.deactivate(seen(about, params.image_id).id, viewerOf(caller), cause),
    }),

    endpoint('POST /v2/images/{image_id}/actions/reactivate', {
      summary: 'Let everybody who sees an image download it again',
      policy:  'reactivate',
      ...ofOne,
      status:  204,
      run:     ({ about, caller, params, cause }) => images.reactivate(seen(about, params.image_id).id, viewerOf(caller), cause),
    }),

    endpoint('PUT /v2/images/{image_id}/tags/{tag}', {
      summary: 'Tag an image',
      policy:  'modify_image',
      ...ofOne,
      status:  204,
      async run({ about, caller, params, cause }) {
        if (params.tag.length > 255) throw new Refusal('invalid', `Provided object does not match schema 'image': '${params.tag}' is too long`)
        await images.addTag(seen(about, params.image_id).id, params.tag, viewerOf(caller), cause)
      },
    }),

    endpoint('DELETE /v2/images/{image_id}/tags/{tag}', {
      summary: 'Take a tag from an image',
      policy:  'modify_image',
      ...ofOne,
      status:  204,
      async run({ about, caller, params, cause }) {
        await images.removeTag(seen(about, params.image_id).id, params.tag, viewerOf(caller), cause)
      },
    }),
  ]
}

/** `/v2/images/` is an image whose id got lost on the way to the URL, not all of them. */
function mustNameAll(url: string): void {
  if (/^[^?]*\/(\?|$)/.test(url)) refuseUnknown('')
}

/** Of a listed image: shared ones of others are listed only for their members. */
const memberOf = ({ visibility, owner }: Image, projectId: string | undefined) =>
  visibility === 'shared' && owner !== projectId ? (projectId ?? null) : null

type NewImageBody = Readonly<Record<string, unknown>>

function proposed(body: unknown, projectId: string | undefined): Readonly<Record<string, unknown>> {
  const { owner = projectId, visibility = 'private' } = (typeof body === 'object' && body !== null ? body : {}) as NewImageBody
  return { project_id: owner, tenant: owner, owner, visibility }
}

/** Images for all are not for everybody to give. */
function mayShowTo(may: May, visibility: Visibility, target: Readonly<Record<string, unknown>>): void {
  const rule = visibility === 'public' ? 'publicize_image' : visibility === 'community' ? 'communitize_image' : undefined
  if (rule !== undefined && !may(rule, target)) throw new Refusal('forbidden', `You are not authorized to complete ${rule} action.`)
}

function mayPlace(may: May, rule: string, target: Readonly<Record<string, unknown>>): void {
  if (!may(rule, target)) throw new Refusal('forbidden', `You are not authorized to complete ${rule} action.`)
}
