import type { AddressWish } from '../../ipam/ipam.ts'
import { refuseInvalid } from '../../refusals/refusal.ts'
import type { GatewayWish } from '../router/attributes.ts'
import { gatewaysOf } from '../router/gateways.ts'
import type { Gateway, Router } from '../router/router.ts'

/** Which gateway is meant by a network and some of its addresses there; nothing, when none is. A network alone may mean several. */
export function matching(router: Pick<Router, 'id'>, wish: GatewayWish, gateways: readonly Gateway[]): Gateway | undefined {
  const there = gateways.filter(({ networkId }) => networkId === wish.networkId)
  const wanted = wish.externalFixedIps ?? []
  const found = wanted.length === 0 ? there : there.filter(({ ips }) => wanted.some(one => ips.some(ip => isMeant(one, ip))))
  if (found.length > 1)
    refuseMatch(
      router,
      wanted.length === 0
        ? `multiple gateway ports are attached to the same network ${wish.networkId} but external_fixed_ips parameter is not specified in the request`
        : `multiple gateway ports attached to network ${wish.networkId} match the specified fixed IPs ${spelled(wanted)}`,
    )
  return found[0]
}

/** The gateways that are meant; each of the wishes means one. */
export function matchesOf(router: Router, wishes: readonly GatewayWish[]): readonly Gateway[] {
  const gateways = gatewaysOf(router)
  const found = wishes.map(wish => {
    const match = matching(router, wish, gateways)
    if (match) return match
    const isThere = gateways.some(({ networkId }) => networkId === wish.networkId)
    return refuseMatch(
      router,
      isThere
        ? `could not match a gateway port attached to network ${wish.networkId} based on the specified fixed IPs ${spelled(wish.externalFixedIps ?? [])}`
        : `could not match gateway port IDs for gateway info with networks ${wish.networkId}`,
    )
  })
  return [...new Map(found.map(gateway => [gateway.portId, gateway])).values()]
}

const isMeant = ({ subnetId, ipAddress }: AddressWish, ip: Gateway['ips'][number]) =>
  (ipAddress !== undefined || subnetId !== undefined) &&
  (ipAddress ?? ip.ipAddress) === ip.ipAddress &&
  (subnetId ?? ip.subnetId) === ip.subnetId

const spelled = (wanted: readonly AddressWish[]) => wanted.map(({ ipAddress, subnetId }) => ipAddress ?? subnetId).join(', ')

const refuseMatch = ({ id }: Pick<Router, 'id'>, reason: string): never =>
  refuseInvalid('UnableToMatchGateways', `Unable to match a requested gateway port to existing gateway ports for router ${id}: ${reason}`)
