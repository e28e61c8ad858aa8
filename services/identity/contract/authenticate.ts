import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { isAllowedByRules } from './access-rules.ts'
import { callerOf } from './caller.ts'
import type { Token } from './token.ts'

/**
 * Looks through a token. In one process identity itself does, by a call; a service that runs alone asks over HTTP and keeps the answer
 * for a while. Refuses `not-found` for a text that is no valid token.
 */
export interface TokenValidator {
  validate(text: string, requestId: string, options?: { readonly allowExpired?: boolean }): Promise<Token>
}

export interface Knock {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly token: string | undefined
  /** `X-Service-Token`: the service that hands the user’s token on. With it, work that takes long may outlast the user’s token. */
  readonly serviceToken?: string | undefined
  readonly requestId: string
}

/** Who is asking, for the door of a service of this type: what every service does with `X-Auth-Token`. */
export const authenticator =
  (validator: TokenValidator, serviceType: string) =>
  async ({ method, path, token: text, serviceToken, requestId }: Knock): Promise<Caller | undefined> => {
    if (!text) return undefined
    const service = serviceToken ? await validator.validate(serviceToken, requestId).catch(refuseUnproved) : undefined
    const allowExpired = service?.roles.some(role => role.name === 'service') ?? false
    const token = await validator.validate(text, requestId, { allowExpired }).catch(refuseUnproved)
    if (!isAllowedByRules(token, { serviceType, method, path }))
      throw new Refusal('unauthenticated', 'The application credential’s access rules do not cover this request.')
    return callerOf(token)
  }

const refuseUnproved = (error: unknown): never => {
  if (error instanceof Refusal && error.kind === 'not-found')
    throw new Refusal('unauthenticated', 'The token is not valid.', { cause: error })
  throw error
}
