import type { CloudFacts } from '@kilonova/identity/contract/cloud-facts.ts'
import { remoteFacts } from '@kilonova/identity/contract/remote-facts.ts'
import { type RemoteValidator, remoteValidator, type ServiceUser } from '@kilonova/identity/contract/remote-validator.ts'
import { authTokenOptions } from '@kilonova/identity/options.ts'
import { httpClient } from '@kilonova/platform/http/client.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import type { Rooms } from './cloud.ts'

export interface IdentityElsewhere {
  readonly tokens: RemoteValidator
  readonly facts: CloudFacts
}

/** For a process without keystone: callers are looked through by asking the one that `[keystone_authtoken]` names, ours or another. Nothing when it names none. */
export function identityElsewhere({ config, clock, logOf }: Pick<Rooms, 'config' | 'clock' | 'logOf'>): IdentityElsewhere | undefined {
  const { keystone_authtoken: said } = config(authTokenOptions)
  if (said.auth_url === undefined) return undefined
  const { username, password } = said
  if (username === undefined || password === undefined)
    throw new ConfigError(
      '[keystone_authtoken] auth_url needs username and password beside it: the user under whom callers are looked through',
    )
  const client = httpClient({ url: said.auth_url.replace(/\/+(v3\/*)?$/, '') })
  const user: ServiceUser = {
    username,
    password,
    userDomain: domainOf(said.user_domain_id, said.user_domain_name),
    projectName: said.project_name,
    projectDomain: domainOf(said.project_domain_id, said.project_domain_name),
  }
  return {
    tokens: remoteValidator({ client, user, clock, log: logOf('kilonova'), cacheMs: said.token_cache_time * 1000 }),
    facts: remoteFacts({ client, user }),
  }
}

const domainOf = (id: string | undefined, name = 'Default') => (id === undefined ? { name } : { id })
