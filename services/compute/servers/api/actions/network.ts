import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, plainBody } from '../../../versions.ts'
import type { ServerLogic } from '../../logic.ts'
import { about } from './power.ts'

/** What guests here do by themselves. */
// biome-ignore format: a table per route
export const networkActionApi = (servers: ServerLogic) => [
  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Gone: networks are not reset from outside',
    policy:  'os_compute_api:gone',
    action:  'resetNetwork',
    body:    plainBody('resetNetwork', {}),
    status:  410,
    ...about(servers),
    run: () => {
      throw new Refusal('gone', 'This resource is no longer available.  No forwarding address is given.')
    },
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Tell a server its addresses again: guests here ask for them, so nothing needs to be told',
    policy:  'os_compute_api:os-admin-actions:inject_network_info',
    action:  'injectNetworkInfo',
    body:    plainBody('injectNetworkInfo', {}),
    status:  202,
    ...about(servers),
    run:     ({ about, may }) => {
      if (about.lockedBy !== null && !may('context_is_admin')) throw new Refusal('conflict', `Instance ${about.id} is locked`)
    },
  }),
]
