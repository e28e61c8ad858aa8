import { collection } from '../versions/collection.ts'
import { describedView } from '../versions/members.ts'
import { endpoint } from '../versions.ts'
import { logAttributes } from './log/attributes.ts'
import { loggable, type TrafficLog } from './log/log.ts'
import type { LogLogic } from './logic.ts'

export const logApi = (logs: LogLogic) => [
  ...collection<TrafficLog>({
    name: 'log',
    plural: 'logs',
    path: '/v2.0/log/logs',
    words: { one: 'a log of traffic', many: 'the logs of traffic' },
    attributes: logAttributes,
    logic: logs,
  }),
  endpoint('GET /v2.0/log/loggable-resources', {
    summary: 'List what hosts can write down the traffic of',
    policy: 'get_loggable_resource',
    status: 200,
    view: describedView({ type: 'object', properties: { loggable_resources: { type: 'array', items: { type: 'object' } } } }),
    run: () => ({ loggable_resources: loggable.map(type => ({ type })) }),
  }),
]
