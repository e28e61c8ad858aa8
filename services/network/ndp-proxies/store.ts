import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'
import { namedColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { NdpProxy } from './ndp-proxy/ndp-proxy.ts'

export const ndpProxyStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<NdpProxy>(db, {
    table: 'ndp_proxies',
    kind: 'network.ndp_proxy',
    columns: { ...namedColumns, routerId: 'text', portId: 'text', ipAddress: 'text' },
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  })

export type NdpProxyStore = ReturnType<typeof ndpProxyStore>
