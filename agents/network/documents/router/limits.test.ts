import { expect, test } from 'vitest'
import type { RouterWiring } from '../../contract/router.ts'
import { routerLimits } from './limits.ts'

const gateway = { portId: '78000001-0000', networkId: 'n', macAddress: 'm', fixedIps: [], nexthops: [], hasSnat: true }
const limit = (direction: 'ingress' | 'egress', maxKbps: number, maxBurstKbits = 0) => ({ direction, maxKbps, maxBurstKbits })
const router: RouterWiring = {
  ...{ id: 'r', projectId: 'p', isUp: true, interfaces: [], gateway, portForwardings: [], routes: [] },
  floatingIps: [
    { id: 'a', address: '192.0.2.9', fixedAddress: '10.0.0.11', bandwidth: [limit('egress', 1000, 1600), limit('ingress', 2000)] },
    { id: 'b', address: '192.0.2.10', fixedAddress: '10.0.0.12' },
  ],
}

test('a floating IP is held to its rates where packets have the guest’s address, outwards and inwards', () => {
  expect(routerLimits(router)).toBe(`add table ip kilonova_limits
delete table ip kilonova_limits
table ip kilonova_limits {
  chain FORWARD {
    type filter hook forward priority 10; policy accept;
    oifname "qg-78000001-00" ip saddr 10.0.0.11 limit rate over 125000 bytes/second burst 75000 bytes drop
    iifname "qg-78000001-00" ip daddr 10.0.0.11 limit rate over 250000 bytes/second drop
  }
}
`)
})

test('a gateway’s rate is for all who have no floating IP there', () => {
  const bandwidth = [limit('egress', 1000)]
  expect(routerLimits({ ...router, gateway: { ...gateway, bandwidth } })).toContain(
    'oifname "qg-78000001-00" ip saddr != { 10.0.0.11, 10.0.0.12 } limit rate over 125000 bytes/second drop',
  )
  const alone = { ...router, floatingIps: [], gateway: { ...gateway, bandwidth } }
  expect(routerLimits(alone)).toContain('oifname "qg-78000001-00" limit rate over 125000 bytes/second drop')
})

test('where nothing is limited, or the router is off, there is no table', () => {
  expect(routerLimits({ ...router, isUp: false })).toBe('')
  expect(routerLimits({ ...router, floatingIps: [{ ...router.floatingIps[0], bandwidth: [limit('egress', 0)] }] as never })).toBe('')
})
