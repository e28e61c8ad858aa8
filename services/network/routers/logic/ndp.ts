import { everybody } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import { refuseConflict } from '../../refusals/refusal.ts'
import type { Transaction } from '../../tables.ts'
import type { Router } from '../router/router.ts'

/** Whether a router may answer outside for addresses inside, after what was wished. */
export const ndpOf =
  ({ networks }: { readonly networks: Pick<NetworkLogic, 'getIn'> }) =>
  async (tx: Transaction, router: Router, wish: boolean | null | undefined, isNew: boolean): Promise<boolean> => {
    if (wish !== true) return router.gwNetworkId !== null && (wish ?? router.enableNdpProxy)
    // It needs a way out by IPv6, on a network whose addresses are of a scope.
    const network = router.gwNetworkId === null ? undefined : await networks.getIn(tx, router.gwNetworkId, everybody)
    const reaches = network?.ipv6AddressScope && router.gatewayIps.some(({ ipAddress }) => ipAddress.includes(':'))
    if (!reaches)
      refuseConflict(
        'RouterGatewayNotValid',
        `Can not enable ndp proxy on router ${router.id}, ${isNew ? whyNot(router.gwNetworkId) : changedWhyNot}.`,
      )
    return true
  }

const changedWhyNot = 'The router has no external gateway or the external gateway port has no IPv6 address or IPv6 address scope'
const whyNot = (networkId: string | null) =>
  networkId === null
    ? 'The request body not contain external gateway information'
    : `The external network ${networkId} don't support IPv6 ndp proxy, the network has no IPv6 subnets or has no IPv6 address scope`
