import { remotePlacementOptions } from '@kilonova/compute/options.ts'
import { ownToken } from '@kilonova/identity/contract/remote-validator.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import { httpClient } from '@kilonova/platform/http/client.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import type { Rooms } from './cloud.ts'
import { type AccessRooms, identityOf, serviceAccess } from './service-access.ts'

/** For a process without placement: the one that `[placement]` names is asked, or this cloud's own elsewhere. Nothing when there is none. */
export async function placementElsewhere(rooms: Pick<Rooms, 'clock'> & AccessRooms): Promise<PlacementRoom | undefined> {
  const found = placementNamed(rooms) ?? placementOfCloud(rooms)
  if (!found) return undefined
  const { remotePlacement } = await import('@kilonova/compute/main.ts')
  const { url, ...access } = found
  return remotePlacement({ client: httpClient({ url }), token: ownToken({ ...access, clock: rooms.clock }) })
}

function placementNamed({ config }: AccessRooms) {
  const { placement: said } = config(remotePlacementOptions)
  const { auth_url, username, password, endpoint_override } = said
  if (auth_url === undefined) return undefined
  if (username === undefined || password === undefined || endpoint_override === undefined)
    throw new ConfigError(
      '[placement] auth_url needs username, password and endpoint_override beside it: as whom, and where, placement is asked',
    )
  const user = {
    ...{ username, password, userDomain: { name: said.user_domain_name } },
    ...{ projectName: said.project_name, projectDomain: { name: said.project_domain_name } },
  }
  return { url: endpoint_override, client: httpClient({ url: identityOf(auth_url) }), user }
}

function placementOfCloud(rooms: AccessRooms) {
  const url =
    rooms.config(remotePlacementOptions).placement.endpoint_override ?? rooms.openings?.find(({ name }) => name === 'placement')?.url
  const access = url === undefined ? undefined : serviceAccess(rooms, 'nova')
  return access && url !== undefined ? { url, ...access } : undefined
}
