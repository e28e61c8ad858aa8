import { remotePlacementOptions } from '@kilonova/compute/options.ts'
import { ownToken } from '@kilonova/identity/contract/remote-validator.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import { httpClient } from '@kilonova/platform/http/client.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import type { Rooms } from './cloud.ts'

/** For a process without placement: the one that `[placement]` names is asked, ours or another. Nothing when it names none. */
export async function placementElsewhere({ config, clock }: Pick<Rooms, 'config' | 'clock'>): Promise<PlacementRoom | undefined> {
  const { placement: said } = config(remotePlacementOptions)
  const { auth_url, username, password, endpoint_override } = said
  if (auth_url === undefined) return undefined
  if (username === undefined || password === undefined || endpoint_override === undefined)
    throw new ConfigError(
      '[placement] auth_url needs username, password and endpoint_override beside it: as whom, and where, placement is asked',
    )
  const { remotePlacement } = await import('@kilonova/compute/main.ts')
  const user = {
    ...{ username, password, userDomain: { name: said.user_domain_name } },
    ...{ projectName: said.project_name, projectDomain: { name: said.project_domain_name } },
  }
  const identity = httpClient({ url: auth_url.replace(/\/+(v3\/*)?$/, '') })
  return remotePlacement({ client: httpClient({ url: endpoint_override }), token: ownToken({ client: identity, user, clock }) })
}
