import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { isoTime } from '../images/image.ts'
import type { ImageLogic } from '../images/logic/images.ts'
import { ofOneImage, seen, type Seeing } from '../images/logic/seeing.ts'
import { body, endpoint, view } from '../versions.ts'
import type { MemberLogic } from './logic.ts'
import type { Member } from './member.ts'

const shown = shows<Member>()
// biome-ignore format: a table of fields
const memberView = view(null, {
  member_id:  shown(text(), member => member.projectId),
  image_id:   shown(text(), member => member.imageId),
  status:     shown(text(), member => member.status),
  created_at: shown(text(), member => isoTime(member.createdAt)),
  updated_at: shown(text(), member => isoTime(member.updatedAt)),
  schema:     shown(text(), () => '/v2/schemas/member'),
})

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly members: MemberLogic
}

// biome-ignore format: a table per route
export const memberApi = ({ images, members, viewerOf }: Rooms) => {
  const ofOne = ofOneImage(images, { viewerOf })
  return [
    endpoint('GET /v2/images/{image_id}/members', {
      summary: 'List the projects an image is shared with',
      policy:  'get_members',
      ...ofOne,
      status:  200,
      view:    listOfMembers,
      run:     async ({ about, params, caller }) => ({ items: await members.list(seen(about, params.image_id), viewerOf(caller)) }),
    }),

    endpoint('POST /v2/images/{image_id}/members', {
      summary: 'Share an image with a project',
      policy:  'add_member',
      ...ofOne,
      body:    body(null, { member: optional(anything) }, { extra: 'keep' }),
      status:  200,
      view:    memberView,
      run({ about, params, caller, body, cause }) {
        const image = seen(about, params.image_id)
        if (body.member === undefined) throw new Refusal('invalid', 'Member to be added not specified')
        if (typeof body.member !== 'string' || body.member.length > 255) throw new Refusal('invalid', 'Expected a member in the form: {"member": "image_id"}')
        if (body.member === '') throw new Refusal('invalid', "Member can't be empty")
        return members.add(image, body.member, viewerOf(caller), cause)
      },
    }),

    endpoint('GET /v2/images/{image_id}/members/{member_id}', {
      summary: 'Show what a project has made of a shared image',
      policy:  'get_member',
      ...ofOne,
      status:  200,
      view:    memberView,
      run:     ({ about, params, caller }) => members.get(seen(about, params.image_id), params.member_id, viewerOf(caller)),
    }),

    endpoint('PUT /v2/images/{image_id}/members/{member_id}', {
      summary: 'Accept or reject a shared image',
      policy:  'modify_member',
      ...ofOne,
      body:    body(null, { status: optional(anything) }, { extra: 'keep' }),
      status:  200,
      view:    memberView,
      run({ about, params, caller, body, cause }) {
        const image = seen(about, params.image_id)
        if (body.status === undefined) throw new Refusal('invalid', 'Status not specified')
        return members.answer(image, params.member_id, String(body.status), viewerOf(caller), cause)
      },
    }),

    endpoint('DELETE /v2/images/{image_id}/members/{member_id}', {
      summary: 'Share an image with a project no longer',
      policy:  'delete_member',
      ...ofOne,
      status:  204,
      run:     ({ about, params, caller, cause }) => members.remove(seen(about, params.image_id), params.member_id, viewerOf(caller), cause),
    }),
  ]
}

/** Alone among Glance's lists, this one has no beginning and no end. */
const listOfMembers = view(null, {
  members: shows<{ items: readonly Member[] }>()(anything, ({ items }, showing) => items.map(one => memberView.bare(one, showing))),
  schema: shows<{ items: readonly Member[] }>()(text(), () => '/v2/schemas/members'),
})
