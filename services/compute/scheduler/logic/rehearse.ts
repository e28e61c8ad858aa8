import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Images } from '../../clients/images.ts'
import type { FlavorLogic } from '../../flavors/logic.ts'
import type { ClaimAsk } from '../scheduler.ts'
import type { Rehearsal, SchedulingLogic } from './scheduling.ts'

export interface Rooms {
  readonly scheduling: Pick<SchedulingLogic, 'rehearse' | 'decisionsOf'>
  readonly flavors: Pick<FlavorLogic, 'get'>
  readonly images: Images
}

export interface RehearsalWish extends Pick<ClaimAsk, 'projectId' | 'userId' | 'zone' | 'host' | 'hints'> {
  readonly flavorId: string
  readonly imageId?: string | undefined
  /** Who must be able to see the image. */
  readonly caller: Caller
}

/** Nobody holds anything under it: a rehearsal is of no server. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** What operators ask of the scheduler: why a server is where it is, and where one would go. */
export const reasonLogic = ({ scheduling, flavors, images }: Rooms) => ({
  decisionsOf: scheduling.decisionsOf,

  async rehearse({ flavorId, imageId, caller, ...wish }: RehearsalWish, cause: Cause): Promise<Rehearsal> {
    const flavor = await flavors.get(flavorId).catch(() => {
      throw new Refusal('invalid', `Flavor ${flavorId} could not be found.`)
    })
    const image = imageId === undefined ? undefined : await images.find(imageId, caller)
    if (imageId !== undefined && !image) throw new Refusal('invalid', 'Can not find requested image')
    const asked = image && { id: image.id, diskFormat: image.diskFormat, properties: image.properties ?? {} }
    return scheduling.rehearse({ ...wish, consumerId: nobody, flavor, image: asked }, cause)
  },
})

export type ReasonLogic = ReturnType<typeof reasonLogic>
