import { Refusal, type RefusalKind } from '@kilonova/platform/refusal.ts'

/**
 * Refusals under the names Neutron's clients know: the class of the exception is the `type` on the wire, and its text is the message.
 */
const named =
  (kind: RefusalKind) =>
  (type: string, message: string): never => {
    throw new Refusal(kind, message, { code: type })
  }

export const refuseInvalid = named('invalid')
export const refuseUnknown = named('not-found')
export const refuseConflict = named('conflict')
export const refuseForbidden = named('forbidden')
export const refuseStale = named('stale')
export const refuseExhausted = named('unavailable')

/** Neutron's InvalidInput, whose text begins like that wherever it comes from. */
export const refuseInput = (why: string, type = 'InvalidInput'): never => refuseInvalid(type, `Invalid input for operation: ${why}.`)

/** What the front of the API says of a body it cannot take. */
export const refuseBody = (message: string): never => refuseInvalid('HTTPBadRequest', message)
export const refuseBadRequest = (resource: string, message: string): never =>
  refuseInvalid('BadRequest', `Bad ${resource} request: ${message}.`)

export const refuseSilently = (): never => refuseUnknown('HTTPNotFound', 'The resource could not be found.')
