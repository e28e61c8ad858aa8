import { collection } from '../versions/collection.ts'
import type { NdpProxyLogic } from './logic.ts'
import { type NdpProxy, ndpProxyAttributes } from './ndp-proxy/ndp-proxy.ts'

export const ndpProxyApi = (proxies: NdpProxyLogic) =>
  collection<NdpProxy>({
    name: 'ndp_proxy',
    plural: 'ndp_proxies',
    path: '/v2.0/ndp_proxies',
    words: { one: 'an NDP proxy', many: 'the NDP proxies' },
    attributes: ndpProxyAttributes,
    logic: proxies,
  })
