import { given } from '@kilonova/platform/given.ts'
import { all, everybody } from '../listings/listing.ts'
import { refuseConflict, refuseInput, refuseUnknown } from '../refusals/refusal.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { Act } from '../standards/standard/act.ts'
import { revised } from '../standards/standard/standard.ts'
import type { Flavor, FlavorChange, FlavorWish, ProfileChange, ProfileWish, ServiceProfile } from './flavor/flavor.ts'
import type { FlavorStore, ProfileStore } from './store.ts'

export interface Rooms extends Tools {
  readonly flavorRows: FlavorStore
  readonly profileRows: ProfileStore
}

/** The rules of flavors: a profile says something, and what is chosen stays. */
export function flavorLogic({ flavorRows, profileRows, ...tools }: Rooms) {
  const flavors = usualLogic<Flavor, FlavorWish & { projectId?: string }, FlavorChange>(tools, {
    store: flavorRows,
    refuseUnknown: id => refuseUnknown('FlavorNotFound', `Flavor ${id} could not be found.`),
    make: ({ name, serviceType, enabled }, standard) => ({ ...standard, name, serviceType, enabled, serviceProfiles: [] }),
    change: (before, { name, description, enabled }) => ({ ...before, ...given({ name, description, enabled }) }),
    async mayGo({ id }, tx) {
      if (await flavorRows.isChosen(id, tx.read)) refuseConflict('FlavorInUse', `Flavor ${id} is used by some service instance.`)
    },
  })

  const profiles = usualLogic<ServiceProfile, ProfileWish & { projectId?: string }, ProfileChange>(tools, {
    store: profileRows,
    refuseUnknown: id => refuseUnknown('ServiceProfileNotFound', `Service Profile ${id} could not be found.`),
    make({ driver, metainfo, enabled }, standard) {
      if (driver === '' && metainfo === '') refuseInput('Service Profile needs either a driver or metainfo', 'ServiceProfileEmpty')
      return { ...standard, driver, metainfo, enabled }
    },
    change: (before, { driver, metainfo, enabled, description }) => ({ ...before, ...given({ driver, metainfo, enabled, description }) }),
    async mayGo({ id }, tx) {
      const users = await flavorRows.list(all, everybody, tx.read)
      if (users.some(flavor => flavor.serviceProfiles.includes(id)))
        refuseConflict('ServiceProfileInUse', `Service Profile ${id} is used by some service instance.`)
    },
  })

  const changeProfiles = (id: string, act: Act, change: (before: readonly string[]) => readonly string[]): Promise<Flavor> =>
    tools.write(act.cause, async tx => {
      const before = await flavors.getIn(tx, id, act.viewer)
      const flavor = revised({ ...before, serviceProfiles: change(before.serviceProfiles) }, tools.clock.now())
      await flavorRows.update(tx, flavor)
      return flavor
    })

  return {
    flavors,
    profiles,

    async give(id: string, profileId: string, act: Act): Promise<ServiceProfile> {
      const profile = await profiles.get(profileId, act.viewer)
      await changeProfiles(id, act, before =>
        before.includes(profileId)
          ? refuseConflict('FlavorServiceProfileBindingExists', `Service Profile ${profileId} is already associated with flavor ${id}.`)
          : [...before, profileId],
      )
      return profile
    },

    take: (id: string, profileId: string, act: Act): Promise<Flavor> =>
      changeProfiles(id, act, before =>
        before.includes(profileId)
          ? before.filter(one => one !== profileId)
          : refuseUnknown('FlavorServiceProfileBindingNotFound', `Service Profile ${profileId} is not associated with flavor ${id}.`),
      ),
  }
}

export type FlavorLogic = ReturnType<typeof flavorLogic>
