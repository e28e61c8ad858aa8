import type { CloudFacts } from '@kilonova/identity/contract/cloud-facts.ts'
import { remoteFacts } from '@kilonova/identity/contract/remote-facts.ts'
import { type RemoteValidator, remoteValidator } from '@kilonova/identity/contract/remote-validator.ts'
import { authTokenOptions } from '@kilonova/identity/options.ts'
import type { Rooms } from './cloud.ts'
import { type AccessRooms, serviceAccess } from './service-access.ts'

export interface IdentityElsewhere {
  readonly tokens: RemoteValidator
  readonly facts: CloudFacts
}

/** For a process without keystone: callers are looked through by asking the one that is elsewhere, ours or another. Nothing when none is known. */
export function identityElsewhere(
  rooms: Pick<Rooms, 'clock' | 'logOf'> & Partial<Pick<Rooms, 'here'>> & AccessRooms,
  service: string,
): IdentityElsewhere | undefined {
  const access = serviceAccess(rooms, service)
  if (!access) return undefined
  const { clock, logOf, config, here = [] } = rooms
  const [daemon = 'kilonova'] = here
  const cacheMs = config(authTokenOptions).keystone_authtoken.token_cache_time * 1000
  return { tokens: remoteValidator({ ...access, clock, log: logOf(daemon), cacheMs }), facts: remoteFacts(access) }
}
