import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Write } from '../tables.ts'
import { Raced } from '../tables/keeping.ts'

const attempts = 10

/**
 * Work whose outcome another request was first to take (an address, a tag, a row's next revision) is done anew from its beginning: it looks
 * again and finds another one, or refuses for what it sees now.
 */
export const persistently =
  (write: Write): Write =>
  async (cause, work) => {
    for (let attempt = 1; ; attempt++)
      try {
        return await write(cause, work)
      } catch (error) {
        if (!(error instanceof Raced || isUniqueViolation(error))) throw error
        if (attempt >= attempts)
          throw new Refusal('conflict', 'Others change the same at this moment.', { cause: error, code: 'HTTPConflict' })
      }
  }
