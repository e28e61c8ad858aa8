import type { LentTokens } from '../imports/import.ts'

/** In memory alone: a token is a key to all that its user may use, and the journal is read by others. */
export function lentTokens(): LentTokens {
  const byTask = new Map<string, string>()
  return {
    lend: (taskId, text) => void byTask.set(taskId, text),
    borrow: taskId => byTask.get(taskId),
    giveBack: taskId => void byTask.delete(taskId),
  }
}
