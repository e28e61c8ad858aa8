import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ProjectAsker } from '../clients/projects.ts'

/** Who names a project, and with which token. */
export interface Naming {
  readonly projectId: string | undefined
  readonly token: string
}

/** What is said of projects here is said of those there are: a limit, or a flavor, for one that was misspelt helps nobody. */
export const projectLogic = (identity: ProjectAsker | undefined) => ({
  async mustBe(projectId: string, { projectId: own, token }: Naming): Promise<void> {
    if (projectId === own || !identity || (await identity.mayBe(projectId, token))) return
    throw new Refusal('invalid', `Project ID ${projectId} is not a valid project.`)
  },
})

export type ProjectLogic = ReturnType<typeof projectLogic>
