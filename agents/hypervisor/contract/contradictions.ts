import { Refusal } from '@kilonova/platform/refusal.ts'
import { cpuWishesOf, type Sized } from './cpu-wishes.ts'
import { topologyWishOf } from './cpu-topology.ts'
import { pageWishOf, wantsLockedMemory } from './memory-wishes.ts'
import { groupsWished } from './numa-cells.ts'
import { serialPortsWished } from './serial-ports.ts'
import { isYes, type Wishes, wishesOf } from './wishes.ts'

/** Whose words they are, for those who read why not. */
export interface Named {
  readonly flavor: string
  readonly image: string
}

/**
 * Refuses what no host could meet: a flavor and an image that contradict each other, or themselves. Which host has what they ask for is another
 * question, which each host answers.
 */
export function refuseContradictions(sized: Sized, named: Named): void {
  const wishes = wishesOf(sized)
  mustAgree(wishes, named, 'pmu')
  if (sized.vcpus > 1) mustAgree(wishes, named, 'vif_multiqueue_enabled')
  serialPortsWished(wishes)
  topologyWishOf(wishes)
  cpuWishesOf(sized)
  wantsLockedMemory(wishes)
  groupsWished(sized, wishes)
}

/** All that decides where a guest's processors and memory lie, as far as it is wished. */
export function placeWishOf(sized: Sized) {
  const wishes = wishesOf(sized)
  const { dedicated, ...cpus } = cpuWishesOf(sized)
  return { ...cpus, dedicated: [...dedicated], pages: pageWishOf(wishes), groups: groupsWished(sized, wishes) }
}

function mustAgree(wishes: Wishes, { flavor, image }: Named, key: string): void {
  const ofFlavor = wishes.spec(`hw:${key}`)
  const ofImage = wishes.property(`hw_${key}`)
  if (ofFlavor === undefined || ofImage === undefined || isYes(ofFlavor) === isYes(ofImage)) return
  const word = (value: string) => (isYes(value) ? 'True' : 'False')
  throw new Refusal(
    'invalid',
    `Flavor ${flavor} has hw:${key} extra spec explicitly set to ${word(ofFlavor)}, conflicting with image ${image} which has hw_${key} explicitly set to ${word(ofImage)}.`,
  )
}
