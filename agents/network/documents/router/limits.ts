import type { RouterWiring } from '../../contract/router.ts'
import { policed } from '../filter/limits.ts'
import { answersFor, type Out, outsOf } from './gateways.ts'

/** The table of a router's limits, in its namespace. */
export const routerLimitTable = 'kilonova_limits'

/**
 * How fast floating IPs may be outside, and the rest of a gateway's guests together, in IPv4. A table of nft's own, '' when nothing is limited: it stands
 * apart from translation, since a table that is replaced begins to count anew. Packets pass it with their guests' addresses.
 */
export function routerLimits(router: RouterWiring): string {
  const outs = router.isUp ? outsOf(router) : []
  const rules = outs.flatMap(out => [...floatingRules(router, out), ...gatewayRules(router, out)])
  if (!rules.some(rule => rule.includes('limit rate'))) return ''
  return [
    `add table ip ${routerLimitTable}\ndelete table ip ${routerLimitTable}\ntable ip ${routerLimitTable} {\n`,
    '  chain FORWARD {\n    type filter hook forward priority 10; policy accept;\n',
    ...rules.map(rule => `    ${rule}\n`),
    '  }\n}\n',
  ].join('')
}

const sides = [
  { direction: 'egress', device: 'oifname', address: 'saddr' },
  { direction: 'ingress', device: 'iifname', address: 'daddr' },
] as const

const floatingRules = ({ floatingIps }: RouterWiring, out: Out): readonly string[] =>
  floatingIps
    .filter(floating => answersFor(out, floating))
    .flatMap(({ fixedAddress, bandwidth = [] }) =>
      sides.flatMap(({ direction, device, address }) =>
        policed(bandwidth.find(limit => limit.direction === direction)).map(
          rule => `${device} "${out.device}" ip ${address} ${fixedAddress} ${rule}`,
        ),
      ),
    )

/** Who has a floating IP there is no part of the rest. */
const gatewayRules = ({ floatingIps }: RouterWiring, out: Out): readonly string[] =>
  sides.flatMap(({ direction, device, address }) => {
    const others = [...new Set(floatingIps.filter(floating => answersFor(out, floating)).map(({ fixedAddress }) => fixedAddress))]
    const rest = others.length === 0 ? '' : ` ip ${address} != { ${others.join(', ')} }`
    return policed((out.bandwidth ?? []).find(limit => limit.direction === direction)).map(
      rule => `${device} "${out.device}"${rest} ${rule}`,
    )
  })
