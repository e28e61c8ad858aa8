import { optional } from '@kilonova/platform/http/fields.ts'
import { integer, text } from '@kilonova/platform/http/shape.ts'
import { shows, type View } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { QuotaLogic } from '../quotas/logic.ts'
import type { Resource, Usage } from '../quotas/quota.ts'
import { endpoint, query, until, view } from '../versions.ts'

type Usages = Readonly<Record<Resource, Usage>>
const shown = shows<Usages>()
const limitOf = (name: Resource) => shown(integer(), usages => usages[name].limit)
const usedOf = (name: Resource) => shown(integer(), usages => usages[name].inUse)

// biome-ignore format: a table of fields
const absoluteView = view(null, {
  maxTotalInstances:       limitOf('instances'),
  maxTotalCores:           limitOf('cores'),
  maxTotalRAMSize:         limitOf('ram'),
  maxServerMeta:           limitOf('metadata_items'),
  maxImageMeta:            until('2.38', limitOf('metadata_items')),
  maxTotalKeypairs:        limitOf('key_pairs'),
  maxServerGroups:         limitOf('server_groups'),
  maxServerGroupMembers:   limitOf('server_group_members'),
  maxPersonality:          until('2.56', limitOf('injected_files')),
  maxPersonalitySize:      until('2.56', limitOf('injected_file_content_bytes')),
  maxTotalFloatingIps:     until('2.35', limitOf('floating_ips')),
  maxSecurityGroups:       until('2.35', limitOf('security_groups')),
  maxSecurityGroupRules:   until('2.35', limitOf('security_group_rules')),
  totalInstancesUsed:      usedOf('instances'),
  totalCoresUsed:          usedOf('cores'),
  totalRAMUsed:            usedOf('ram'),
  totalServerGroupsUsed:   usedOf('server_groups'),
  totalFloatingIpsUsed:    until('2.35', usedOf('floating_ips')),
  totalSecurityGroupsUsed: until('2.35', usedOf('security_groups')),
})

/** Rates are a thing of the past: the list is always empty. */
const limitsView: View<Usages> = {
  rungs: absoluteView.rungs,
  render: (usages, showing) => ({ limits: { rate: [], absolute: absoluteView.bare(usages, showing) } }),
  schema: version => ({
    type: 'object',
    properties: {
      limits: { type: 'object', properties: { rate: { type: 'array', maxItems: 0 }, absolute: absoluteView.bareSchema(version) } },
    },
    required: ['limits'],
  }),
}

// biome-ignore format: a table per route
export const limitApi = (quotas: QuotaLogic) => [
  endpoint('GET /v2.1/limits', {
    summary: 'Show what a project may have, and has',
    policy:  'os_compute_api:limits',
    query:   query({ tenant_id: optional(text()) }, { extra: until('2.74', 'keep') }),
    status:  200,
    view:    limitsView,
    run({ caller, query, may }) {
      if (query.tenant_id !== undefined && !may('os_compute_api:limits:other_project'))
        throw new Refusal('forbidden', "Policy doesn't allow os_compute_api:limits:other_project to be performed.")
      return quotas.usages(query.tenant_id ?? caller.projectId ?? '')
    },
  }),
]
