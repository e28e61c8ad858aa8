import { type Declared, stubLogics } from '@kilonova/platform/http/declared.ts'
import { testsOfRoutes } from '@kilonova/stories/kit/completeness.ts'
import { spell } from './faults.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import { versions } from './versions.ts'

const declared: Declared = { versions, policies, spell, endpoints: routes(stubLogics<Logics>()) }

/** Their change is no field, route or status of its own: the actions of deleted servers, cells that are away, what an event says. */
const behaviour = ['2.21', '2.69', '2.84']

/** Asked while a request is looked at: what it holds, and what is shown of it. */
const askedInside = [
  'os_compute_api:changes:all',
  'os_compute_api:servers:show:host_status:unknown-only',
  'os_compute_api:servers:show:flavor-extra-specs',
  'os_compute_api:servers:create:forced_host',
  'compute:servers:create:requested_destination',
  'os_compute_api:servers:create:attach_volume',
  'os_compute_api:servers:create:attach_network',
  'os_compute_api:servers:create:trusted_certs',
  'os_compute_api:servers:create:zero_disk_flavor',
  'os_compute_api:os-instance-actions:events',
  'os_compute_api:os-instance-actions:events:details',
]

/** Which of a host’s processors a guest got is not known here, so nobody is shown them. */
const unasked = ['compute:server:topology:host:index']

testsOfRoutes(declared, { askedInside, unasked, rungs: behaviour })
