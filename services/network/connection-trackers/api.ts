import type { RouterLogic } from '../routers/logic/routers.ts'
import { ownedBy } from '../versions/parents.ts'
import { collection } from '../versions/collection.ts'
import { type ConntrackHelper, conntrackHelperAttributes } from './connection-tracker/connection-tracker.ts'
import type { ConntrackHelperLogic } from './logic.ts'

export const conntrackHelperApi = (helpers: ConntrackHelperLogic, routers: Pick<RouterLogic, 'get'>) =>
  collection<ConntrackHelper>({
    name: 'conntrack_helper',
    plural: 'conntrack_helpers',
    rule: 'router_conntrack_helper',
    path: '/v2.0/routers/{router_id}/conntrack_helpers',
    param: 'conntrack_helper_id',
    words: { one: 'a conntrack helper', many: 'the conntrack helpers of a router' },
    attributes: conntrackHelperAttributes,
    logic: helpers,
    besides: ownedBy('router_id', routers.get),
  })
