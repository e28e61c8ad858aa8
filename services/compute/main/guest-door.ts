import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { spellForGuests } from '../metadata-service/api.ts'
import type { MetadataLogic } from '../metadata-service/logic.ts'
import { guestRoutes } from '../routes.ts'
import { versions } from '../versions.ts'

export interface GuestDoorWish {
  readonly metadata: MetadataLogic
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly metrics: DoorMetrics | undefined
  readonly door: DoorWish | undefined
}

/** Nova's metadata face: no tokens, no versions by header, and refusals as guests have always read them. */
export const openGuestDoor = ({ metadata, clock, chance, log, metrics, door }: GuestDoorWish) =>
  openDoor({
    name: 'nova-metadata',
    versions,
    microversions: undefined,
    endpoints: guestRoutes({ metadata }),
    spell: spellForGuests,
    policy: policy({ defaults: {} }) as Policy,
    authenticate: async () => undefined,
    clock,
    chance,
    log,
    requestIdHeaders: [],
    trustProxy: false,
    bodyLimit: 4096,
    ...door,
    onServed: served => {
      metrics?.count('nova-metadata', served)
      log.info(...accessLine(served))
    },
  })
