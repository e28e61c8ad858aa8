import type { Caller } from '@kilonova/platform/policy/caller.ts'
import type { Token } from '../contract/token.ts'

export interface Rooms {
  readonly tokens: { validate(text: string): Promise<{ readonly token: Token }> }
}

/** What a request's token says beyond what policy rules may ask of its caller. */
export const delegationLogic = ({ tokens }: Rooms) => ({
  /** Nothing for work that the cloud does on its own behalf, which has no token. */
  async tokenOf(caller: Pick<Caller, 'isAdmin'>, text: string | readonly string[] | undefined): Promise<Token | undefined> {
    if (caller.isAdmin || typeof text !== 'string') return undefined
    return (await tokens.validate(text)).token
  },
})

export type DelegationLogic = ReturnType<typeof delegationLogic>

const primary = new Set(['external', 'kerberos', 'mapped', 'openid', 'password', 'saml2', 'token', 'totp', 'x509'])

/** Whether the bearer proved itself by something that somebody handed on: an application credential, an EC2 key, OAuth. Not a trust. */
export const isByDelegatedMethod = ({ methods }: Token): boolean => methods.length === 0 || methods.some(method => !primary.has(method))

/** Whether the token speaks for less than its user, in any way. Such a token must not make or read lasting credentials. */
export const isDelegated = (token: Token): boolean => token.trust !== undefined || isByDelegatedMethod(token)
