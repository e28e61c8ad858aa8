import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint } from '../versions.ts'

/** Bare machines belong to another service, which this cloud does not have. */
const notBuilt = (): never => {
  throw new Refusal('not-built', 'The requested functionality is not supported.')
}
const elsewhere = (command: string) => (): never => {
  throw new Refusal('invalid', `Command Not supported. Please use Ironic command ${command} to perform this action.`)
}
const upTo = { until: '2.35', status: 200 } as const
const [read, change] = ['os_compute_api:os-baremetal-nodes:list', 'os_compute_api:os-baremetal-nodes:change']

// biome-ignore format: a table per route
export const bareMetalApi = [
  endpoint('GET /v2.1/os-baremetal-nodes', { ...upTo, summary: 'List bare machines', policy: read, run: notBuilt }),
  endpoint('GET /v2.1/os-baremetal-nodes/{node_id}', { ...upTo, summary: 'Show a bare machine', policy: 'os_compute_api:os-baremetal-nodes:show', run: notBuilt }),
  endpoint('POST /v2.1/os-baremetal-nodes', { ...upTo, summary: 'Name a bare machine', policy: change, run: elsewhere('node-create') }),
  endpoint('DELETE /v2.1/os-baremetal-nodes/{node_id}', { ...upTo, summary: 'Forget a bare machine', policy: change, run: elsewhere('node-delete') }),
  endpoint('POST /v2.1/os-baremetal-nodes/{node_id}/action', { ...upTo, summary: 'Add a cable to a bare machine', policy: change, action: 'add_interface', run: elsewhere('port-create') }),
  endpoint('POST /v2.1/os-baremetal-nodes/{node_id}/action', { ...upTo, summary: 'Take a cable off a bare machine', policy: change, action: 'remove_interface', run: elsewhere('port-delete') }),
]
