import { anything } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, view } from '../versions.ts'
import type { QuotaLogic } from './logic.ts'
import type { QuotaName, Usage } from './quota.ts'

type Usages = Readonly<Record<QuotaName, Usage>>
const usageView = view(null, { usage: shows<Usages>()(anything, usages => usages) })

// biome-ignore format: a table per route
export const quotaApi = (quotas: QuotaLogic) => [
  endpoint('GET /v2/info/usage', {
    summary: 'How much of images the caller’s project has, and may have',
    policy:  'default',
    status:  200,
    view:    usageView,
    run({ caller }) {
      if (caller.projectId === undefined) throw new Refusal('invalid', 'Only a project uses images: ask with a token of one.')
      return quotas.usage(caller.projectId)
    },
  }),
]
