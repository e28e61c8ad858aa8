import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Image, type MemberStatus, memberStatuses, type Viewer } from '../images/image.ts'
import type { Write } from '../tables.ts'
import type { Member } from './member.ts'
import type { MemberStore } from './store.ts'

export interface Rooms {
  readonly store: MemberStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  /** Negative for any number. */
  readonly maxMembers: number
}

/** Sharing: an image's owner names projects; each of them alone says whether it takes the image. */
export const memberLogic = ({ store, write, clock, maxMembers }: Rooms) => {
  const now = () => new Date(clock.now()).toISOString()
  const mustFind = async (image: Image, projectId: string, from?: Parameters<MemberStore['find']>[2]): Promise<Member> => {
    const member = await store.find(image.id, projectId, from)
    if (!member) throw new Refusal('not-found', `${projectId} not found in the member list of the image ${image.id}.`)
    return member
  }

  return {
    /** The owner sees all; a project that the image is shared with sees itself. */
    async list(image: Image, viewer: Viewer): Promise<readonly Member[]> {
      mustBeShared(image, 'list')
      const members = await store.listOfImage(image.id)
      return isOwner(image, viewer) ? members : members.filter(({ projectId }) => projectId === viewer.projectId)
    },

    async get(image: Image, projectId: string, viewer: Viewer): Promise<Member> {
      if (image.visibility !== 'shared') throw new Refusal('not-found', 'Only shared images have members.')
      if (!isOwner(image, viewer) && viewer.projectId !== projectId)
        throw new Refusal('not-found', `${projectId} not found in the member list of the image ${image.id}.`)
      return mustFind(image, projectId)
    },

    add: (image: Image, projectId: string, viewer: Viewer, cause: Cause): Promise<Member> =>
      write(cause, async tx => {
        mustBeShared(image, 'create')
        if (!isOwner(image, viewer)) throw refuse('create', image)
        const members = await store.listOfImage(image.id, tx.read)
        if (members.some(one => one.projectId === projectId))
          throw new Refusal('conflict', `Member ${projectId} is duplicated for image ${image.id}`)
        if (maxMembers >= 0 && members.length >= maxMembers)
          throw new Refusal(
            'too-large',
            `Image member limit exceeded for image ${image.id}: The limit has been exceeded on the number of allowed image members for this image. Attempted: ${members.length + 1}, Maximum: ${maxMembers}`,
          )
        const at = now()
        const member: Member = { imageId: image.id, projectId, status: 'pending', createdAt: at, updatedAt: at }
        await store.insert(tx, member)
        return member
      }),

    answer: (image: Image, projectId: string, status: string, viewer: Viewer, cause: Cause): Promise<Member> =>
      write(cause, async tx => {
        mustBeShared(image, 'update')
        const isOwners = image.owner !== null && image.owner === viewer.projectId
        if (!viewer.isAdmin && (isOwners || viewer.projectId !== projectId)) throw refuse('update', image)
        const member = await mustFind(image, projectId, tx.read)
        const said = memberStatuses.find(one => one === status)
        if (!said) throw new Refusal('invalid', `Incorrect request: Status must be "pending", "accepted" or "rejected".`)
        const after: Member = { ...member, status: said satisfies MemberStatus, updatedAt: now() }
        await store.update(tx, after)
        return after
      }),

    remove: (image: Image, projectId: string, viewer: Viewer, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        mustBeShared(image, 'delete')
        if (!isOwner(image, viewer)) throw refuse('delete', image)
        await store.delete(tx, await mustFind(image, projectId, tx.read))
      }),
  }
}

export type MemberLogic = ReturnType<typeof memberLogic>

const isOwner = ({ owner }: Image, { isAdmin, projectId }: Viewer) => isAdmin || (owner !== null && owner === projectId)

function mustBeShared(image: Image, act: string) {
  if (image.visibility !== 'shared') throw refuse(act, image, ': Only shared images have members.')
}

const refuse = (act: string, { id }: Image, why = '.') => new Refusal('forbidden', `Not allowed to ${act} members for image ${id}${why}`)
