import { type HttpClient, httpClient } from '@kilonova/platform/http/client.ts'
import type { Log } from '@kilonova/platform/log/log.ts'

/** The identity service's own API, asked whether there is a project, with the token of whoever names it. */
export interface ProjectAsker {
  /** True as well where identity cannot be asked, or may not say. */
  mayBe(projectId: string, token: string): Promise<boolean>
}

export const projectAsker = (url: string, log: Pick<Log, 'warn'>, client: Pick<HttpClient, 'ask'> = httpClient({ url })): ProjectAsker => ({
  async mayBe(projectId, token) {
    try {
      const path = `/v3/projects/${encodeURIComponent(projectId)}`
      return (await client.ask({ method: 'GET', path, headers: { 'x-auth-token': token } })).status !== 404
    } catch (error) {
      log.warn('the identity service cannot be asked whether there is a project', { of_project: projectId, error })
      return true
    }
  },
})
