import { remoteImages } from '@kilonova/image/contract/remote-images.ts'
import { ownToken } from '@kilonova/identity/contract/remote-validator.ts'
import { remotePorts } from '@kilonova/network/contract/remote-ports.ts'
import { patient } from '@kilonova/platform/bus/patient.ts'
import { hasBroker } from './apart.ts'
import type { Rooms } from './cloud.ts'
import type { Shared } from './openers.ts'
import { serviceAccess } from './service-access.ts'

/** What services of this process ask of those that the cloud has in others: images and ports, over the bus. */
export function askElsewhere({ settings, here, clock, chance }: Rooms, shared: Shared): void {
  const { enabled_services: enabled } = settings.DEFAULT
  const bus = patient(shared.bus, clock)
  const newCause = (why: string) => ({ requestId: `req-${chance.uuid()}`, why })
  if (enabled.includes('neutron') && !here.has('neutron-server')) shared.network = { ports: remotePorts({ bus, clock, newCause }) }
  if (enabled.includes('glance') && !here.has('glance-api')) {
    const { finder, browser, keeper } = remoteImages(bus, newCause)
    Object.assign(shared, { images: finder, browser, keeper })
  }
}

/** How hosts get images whose files they may not see: at the image service's own API, with compute's token. In one process all is on this host. */
export function imageDoorOf(rooms: Rooms) {
  const url = rooms.settings.glance.endpoint_override ?? rooms.openings.find(({ name }) => name === 'glance')?.url
  if (url === undefined || !hasBroker(rooms.settings)) return undefined
  const access = serviceAccess(rooms, 'nova')
  return access && { url, token: ownToken({ ...access, clock: rooms.clock }) }
}
