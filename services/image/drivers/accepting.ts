import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * What the client of the request under way reads: Glance spells an error as a page or as JSON by the `Accept` header, and who spells errors
 * is handed only the problem.
 */
export function accepting() {
  const headers = new AsyncLocalStorage<string | undefined>()
  return {
    during: <R>(accept: string | undefined, work: () => R): R => headers.run(accept, work),
    current: (): string | undefined => headers.getStore(),
  }
}
