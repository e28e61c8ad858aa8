import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Seeing } from '../../images/logic/seeing.ts'
import type { NamespaceLogic } from '../logic.ts'
import type { Namespace } from '../namespace.ts'

export interface Rooms extends Seeing {
  readonly namespaces: NamespaceLogic
  readonly usualPageLength: number
}

interface AskedOfOne {
  readonly caller: Caller
  readonly params: { readonly namespace: string }
}

/** What every route of one namespace begins with; one that the caller may not see is not there. */
export const ofOneNamespace = ({ namespaces, viewerOf }: Pick<Rooms, 'namespaces' | 'viewerOf'>) => ({
  about: ({ caller, params }: AskedOfOne) => namespaces.look(params.namespace, viewerOf(caller)),
  target: ({ caller, about }: AskedOfOne & { about: Namespace | undefined }) => ({
    project_id: about?.owner ?? caller.projectId,
    visibility: about?.visibility ?? 'private',
  }),
})

export function seen(about: Namespace | undefined, name: string): Namespace {
  if (!about) throw new Refusal('not-found', `Namespace ${name} not found`)
  return about
}
