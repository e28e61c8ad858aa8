import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint } from '../versions.ts'

const absent = (): never => {
  throw new Refusal('unavailable', 'This cloud has no block storage service.')
}
const upTo = { until: '2.35', run: absent } as const
const target = ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId })
const rule = (word: string) => `os_compute_api:os-volumes:${word}`

/** Until 2.35 volumes were also asked for here. */
// biome-ignore format: a table per route
export const volumeProxyApi = [
  endpoint('GET /v2.1/os-volumes', { ...upTo, target, summary: 'List volumes', policy: rule('list'), status: 200 }),
  endpoint('POST /v2.1/os-volumes', { ...upTo, target, summary: 'Make a volume', policy: rule('create'), status: 200 }),
  endpoint('GET /v2.1/os-volumes/detail', { ...upTo, target, summary: 'List volumes with all they say', policy: rule('detail'), status: 200 }),
  endpoint('GET /v2.1/os-volumes/{volume_id}', { ...upTo, target, summary: 'Show a volume', policy: rule('show'), status: 200 }),
  endpoint('DELETE /v2.1/os-volumes/{volume_id}', { ...upTo, target, summary: 'Delete a volume', policy: rule('delete'), status: 202 }),
  endpoint('GET /v2.1/os-snapshots', { ...upTo, target, summary: 'List snapshots of volumes', policy: rule('snapshots:list'), status: 200 }),
  endpoint('POST /v2.1/os-snapshots', { ...upTo, target, summary: 'Make a snapshot of a volume', policy: rule('snapshots:create'), status: 200 }),
  endpoint('GET /v2.1/os-snapshots/detail', { ...upTo, target, summary: 'List snapshots with all they say', policy: rule('snapshots:detail'), status: 200 }),
  endpoint('GET /v2.1/os-snapshots/{snapshot_id}', { ...upTo, target, summary: 'Show a snapshot', policy: rule('snapshots:show'), status: 200 }),
  endpoint('DELETE /v2.1/os-snapshots/{snapshot_id}', { ...upTo, target, summary: 'Delete a snapshot', policy: rule('snapshots:delete'), status: 202 }),
]
