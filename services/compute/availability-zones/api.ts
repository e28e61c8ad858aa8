import { anything, flag, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { endpoint, listView, view } from '../versions.ts'
import type { Zone } from './availability-zone.ts'
import type { ZoneLogic } from './logic.ts'

const shown = shows<Zone>()
const fields = {
  zoneName: shown(text(), zone => zone.name),
  zoneState: shown(object({ available: flag }), zone => ({ available: zone.isAvailable })),
}
const briefView = view(null, { ...fields, hosts: shown(anything, () => null) })
const detailView = view(null, { ...fields, hosts: shown(anything, hostsOf) })

/** Host, then process, then how it is. */
function hostsOf({ members }: Zone) {
  const byHost = Map.groupBy(members, ({ service }) => service.host)
  const how = (all: Zone['members']) =>
    Object.fromEntries(
      all.map(({ service, isUp }) => [
        service.binary,
        { active: !service.isDisabled, available: isUp, updated_at: service.seenAt.replace('Z', '000') },
      ]),
    )
  return Object.fromEntries([...byHost].map(([host, all]) => [host, how(all)]))
}

// biome-ignore format: a table per route
export const zoneApi = (zones: ZoneLogic) => [
  endpoint('GET /v2.1/os-availability-zone', {
    summary: 'List the availability zones',
    policy:  'os_compute_api:os-availability-zone:list',
    status:  200,
    view:    listView('availabilityZoneInfo', briefView),
    run:     async () => ({ items: await zones.list(false) }),
  }),

  endpoint('GET /v2.1/os-availability-zone/detail', {
    summary: 'List the availability zones with their hosts',
    policy:  'os_compute_api:os-availability-zone:detail',
    status:  200,
    view:    listView('availabilityZoneInfo', detailView),
    run:     async () => ({ items: await zones.list(true) }),
  }),
]
