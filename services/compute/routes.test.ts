import { type Declared, stubLogics } from '@kilonova/platform/http/declared.ts'
import { testsOfRoutes } from '@kilonova/stories/kit/completeness.ts'
import { spell } from './faults.ts'
import { policies } from './policies.ts'
import { type Logics, routes } from './routes.ts'
import { versions } from './versions.ts'

const declared: Declared = { versions, policies, spell, endpoints: routes(stubLogics<Logics>()) }

/** Their change is no field, route or status of its own: it is what a wish means, or how the door itself behaves. */
// biome-ignore format: a list
const behaviour = ['2.5', '2.7', '2.18', '2.20', '2.27', '2.31', '2.34', '2.38', '2.46', '2.60', '2.69', '2.72', '2.83', '2.86', '2.87', '2.93', '2.95']
/** Nothing carries these yet. */
// biome-ignore format: a list
const missing = [
  '2.4', '2.6', '2.8', '2.12', '2.16', '2.17', '2.21', '2.22', '2.23', '2.24', '2.25', '2.26', '2.29', '2.30', '2.32', '2.36', '2.37', '2.39', '2.40', '2.42', '2.43',
  '2.44', '2.45', '2.48', '2.49', '2.50', '2.51', '2.52', '2.54', '2.56', '2.57', '2.58', '2.59', '2.62', '2.63', '2.65', '2.66', '2.67', '2.68', '2.70', '2.71', '2.73',
  '2.74', '2.76', '2.77', '2.78', '2.79', '2.80', '2.81', '2.82', '2.84', '2.85', '2.89', '2.90', '2.94', '2.96',
]

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

testsOfRoutes(declared, { askedInside, unasked, rungs: [...behaviour, ...missing] })
