import { Refusal } from '../refusal.ts'

export function unavailable(cause: unknown, retryAfterS = 5): Refusal {
  return new Refusal('unavailable', 'The database cannot be reached at the moment. Try again later.', { cause, retryAfterS })
}

export function unknownOutcome(cause: unknown): Refusal {
  const message = 'The database went away while it was storing the change, and it is not known whether it did. Look before trying again.'
  return new Refusal('unavailable', message, { cause, retryAfterS: 10 })
}

export function outOfSpace(cause: unknown): Refusal {
  return new Refusal('unavailable', 'The database cannot store anything at the moment. Try again later.', { cause, retryAfterS: 60 })
}
