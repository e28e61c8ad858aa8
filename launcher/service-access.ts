import { metadataOptions } from '@kilonova/compute/options.ts'
import type { ServiceUser } from '@kilonova/identity/contract/remote-validator.ts'
import { authTokenOptions } from '@kilonova/identity/options.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import { httpClient } from '@kilonova/platform/http/client.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import type { Rooms } from './cloud.ts'

/** Where identity is asked, and as whom. */
export interface ServiceAccess {
  readonly client: ReturnType<typeof httpClient>
  readonly user: ServiceUser
}

export type AccessRooms = Pick<Rooms, 'config'> & Partial<Pick<Rooms, 'openings' | 'passwords'>>

/**
 * As whom a service asks others: as `[keystone_authtoken]` says, otherwise as the user that this cloud's own keystone has for it, with the password
 * in the home. Nothing when neither is known.
 */
export function serviceAccess({ config, openings = [], passwords }: AccessRooms, service: string): ServiceAccess | undefined {
  const { keystone_authtoken: said } = config(authTokenOptions)
  if (said.auth_url === undefined) {
    const own = openings.find(({ name }) => name === 'keystone')
    if (!own || !passwords) return undefined
    const domain = { name: 'Default' }
    const user = { username: service, password: passwords.ofService(service), userDomain: domain }
    return { client: httpClient({ url: own.url }), user: { ...user, projectName: 'service', projectDomain: domain } }
  }
  const user = userOf(
    said,
    '[keystone_authtoken] auth_url needs username and password beside it: the user under whom callers are looked through',
  )
  return { client: httpClient({ url: identityOf(said.auth_url) }), user }
}

/** As whom programs of vendor data are asked: as `[vendordata_dynamic_auth]` says, or as nobody. */
export function vendorAccess({ config }: AccessRooms): ServiceAccess | undefined {
  const { vendordata_dynamic_auth: said } = config(metadataOptions)
  if (said.auth_url === undefined) return undefined
  const user = userOf(
    said,
    '[vendordata_dynamic_auth] auth_url needs username and password beside it: the user under whom vendor data is asked for',
  )
  return { client: httpClient({ url: identityOf(said.auth_url) }), user }
}

type SaidUser = Omit<Values<typeof metadataOptions>['vendordata_dynamic_auth'], 'auth_url' | 'auth_type'>

function userOf({ username, password, ...said }: SaidUser, complaint: string): ServiceUser {
  if (username === undefined || password === undefined) throw new ConfigError(complaint)
  return {
    ...{ username, password, projectName: said.project_name },
    userDomain: domainOf(said.user_domain_id, said.user_domain_name),
    projectDomain: domainOf(said.project_domain_id, said.project_domain_name),
  }
}

/** Where identity's own API is: where `[keystone_authtoken]` says, otherwise this cloud's own. */
export const identityUrlOf = ({ config, openings = [] }: AccessRooms): string | undefined => {
  const { auth_url: said } = config(authTokenOptions).keystone_authtoken
  return said === undefined ? openings.find(({ name }) => name === 'keystone')?.url : identityOf(said)
}

/** Operators write the version behind it, or do not. */
export const identityOf = (url: string) => url.replace(/\/+(v3\/*)?$/, '')

const domainOf = (id: string | undefined, name = 'Default') => (id === undefined ? { name } : { id })
