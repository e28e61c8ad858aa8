import type { May } from '@kilonova/platform/http/endpoint.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import type { Asker } from '../logic/act.ts'
import type { Eyes } from '../logic/present.ts'
import type { Server } from '../server.ts'

/** What rules may name of a server. */
export const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })
export const ofCaller = ({ caller }: { caller: Caller }) => ({ project_id: caller.projectId, user_id: caller.userId })

/** What one who may look at a server sees of it. */
export const eyesOf = (may: May, target: { readonly project_id: string | undefined }): Eyes => ({
  isAdmin: may('context_is_admin'),
  isOperator: may('os_compute_api:os-extended-server-attributes', target),
  seesExtraSpecs: may('os_compute_api:servers:show:flavor-extra-specs', target),
  seesHostStatus: may('os_compute_api:servers:show:host_status', target)
    ? 'all'
    : may('os_compute_api:servers:show:host_status:unknown-only', target)
      ? 'unknown'
      : 'none',
})

export const askerOf = ({ may, caller }: { may: May; caller: Caller }): Asker => ({
  isAdmin: may('context_is_admin'),
  projectId: caller.projectId,
})

/** Whose networks one who asks may plug servers into. */
export const networkSightOf = (may: May, target: { readonly project_id: string | undefined }) => ({
  seesAllNetworks: may('context_is_admin'),
  mayUseExternalNetworks: may('network:attach_external_network', target),
})
