import { Refusal } from '@kilonova/platform/refusal.ts'

/** What is said of a wish that names something which is not there, or leaves out what is needed. */
export const refuseMissing = (attribute: string, target: string): never => {
  throw new Refusal(
    'invalid',
    `Expecting to find ${attribute} in ${target}. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.`,
  )
}

/** Of two who do the same at the same moment, the second finds it done. */
export const asDone = (error: unknown): void => {
  if (!(error instanceof Refusal) || error.kind !== 'conflict') throw error
}

/** A change names something to change. */
export const mustSaySomething = (wish: object) => {
  if (Object.keys(wish).length === 0) throw new Refusal('invalid', 'Invalid input for the request body. {} does not have enough properties')
}

/** An id never changes: a wish may repeat the one it has, and no other. */
export const mustKeepId = (id: string, wished: string | null | undefined, message = 'Cannot change ID') => {
  if (wished != null && wished !== id) throw new Refusal('invalid', message)
}
