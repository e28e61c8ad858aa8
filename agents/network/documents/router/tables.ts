import { gatewayDeviceOf } from '../../contract/names.ts'
import type { PortForwardingWiring, RouterGateway, RouterWiring } from '../../contract/router.ts'
import { versionOf } from '../../contract/addresses.ts'

export const metadataAddress = '169.254.169.254'
/** The same for guests without IPv4: an address of their own link, so that they need no route to it. */
export const metadataAddressV6 = 'fe80::a9fe:a9fe'
/** Where the metadata proxy listens in a router's namespace; requests to port 80 of the well-known address are turned to it. */
export const routerMetadataPort = 9697

const p = 'neutron-l3-agent'
const fromOutside = '0x2/0xffff'
const forMetadata = '0x1/0xffff'

/**
 * Address translation and the rest of a router's tables, whole: nothing else lives in its namespace. The order within nat is that of
 * precedence: a floating IP before a forwarded port, both before the router's own address.
 */
export function routerTables(router: RouterWiring): string {
  const { gateway } = router
  const nat = natRules(router, gateway && { device: gatewayDeviceOf(gateway.portId), address: v4Of(gateway), hasSnat: gateway.hasSnat })
  return [
    table('raw', trackerRules(router), [`:PREROUTING ACCEPT [0:0]`, `:OUTPUT ACCEPT [0:0]`]),
    table('mangle', mangleRules(gateway), [':PREROUTING ACCEPT [0:0]', `:${p}-PREROUTING - [0:0]`]),
    table('nat', nat, [
      ...['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map(chain => `:${chain} ACCEPT [0:0]`),
      ...['PREROUTING', 'OUTPUT', 'POSTROUTING', 'float-snat', 'fip-pf', 'snat'].map(chain => `:${p}-${chain} - [0:0]`),
    ]),
    table('filter', filterRules(), [...['INPUT', 'FORWARD', 'OUTPUT'].map(chain => `:${chain} ACCEPT [0:0]`), `:${p}-INPUT - [0:0]`]),
  ].join('')
}

/** IPv6 is routed as it is, but for metadata; whatever was there before goes. */
export const routerTablesV6: string = [
  table('raw', [], []),
  table(
    'mangle',
    [`-A PREROUTING -j ${p}-PREROUTING`, `-A ${p}-PREROUTING ${toMetadata(metadataAddressV6, 128)} -j MARK --set-xmark ${forMetadata}`],
    [':PREROUTING ACCEPT [0:0]', `:${p}-PREROUTING - [0:0]`],
  ),
  table(
    'nat',
    [
      `-A PREROUTING -j ${p}-PREROUTING`,
      `-A ${p}-PREROUTING ${toMetadata(metadataAddressV6, 128)} -j REDIRECT --to-ports ${routerMetadataPort}`,
    ],
    [':PREROUTING ACCEPT [0:0]', `:${p}-PREROUTING - [0:0]`],
  ),
  table('filter', filterRules(), [':INPUT ACCEPT [0:0]', `:${p}-INPUT - [0:0]`]),
].join('')

function toMetadata(address: string, length: number): string {
  return `-d ${address}/${length} -i qr-+ -p tcp -m tcp --dport 80`
}

function table(name: string, rules: readonly string[], chains: readonly string[]): string {
  return `*${name}\n${[...chains, ...rules, 'COMMIT'].map(line => `${line}\n`).join('')}`
}

const v4Of = ({ fixedIps }: RouterGateway) => fixedIps.map(({ address }) => address).find(address => versionOf(address) === 4)

interface Outside {
  readonly device: string
  readonly address: string | undefined
  readonly hasSnat: boolean
}

/** Connections from inside are looked into on these ports, before anything else is decided of them. */
const trackerRules = ({ trackers = [] }: RouterWiring) =>
  trackers.map(({ protocol, port, name }) => `-A PREROUTING -i qr-+ -p ${protocol} -m ${protocol} --dport ${port} -j CT --helper ${name}`)

const mangleRules = (gateway: RouterGateway | undefined) => [
  `-A PREROUTING -j ${p}-PREROUTING`,
  `-A ${p}-PREROUTING ${toMetadata(metadataAddress, 32)} -j MARK --set-xmark ${forMetadata}`,
  ...(gateway ? [`-A ${p}-PREROUTING -i ${gatewayDeviceOf(gateway.portId)} -j MARK --set-xmark ${fromOutside}`] : []),
]

/** The proxy answers what came for the metadata address, and nobody who asks its port. */
function filterRules(): readonly string[] {
  return [
    `-A INPUT -j ${p}-INPUT`,
    `-A ${p}-INPUT -m mark --mark ${forMetadata} -j ACCEPT`,
    `-A ${p}-INPUT -p tcp -m tcp --dport ${routerMetadataPort} -j DROP`,
  ]
}

function natRules(router: RouterWiring, outside: Outside | undefined): readonly string[] {
  return [
    `-A PREROUTING -j ${p}-PREROUTING`,
    `-A OUTPUT -j ${p}-OUTPUT`,
    `-A POSTROUTING -j ${p}-POSTROUTING`,
    `-A POSTROUTING -j ${p}-snat`,
    `-A ${p}-PREROUTING ${toMetadata(metadataAddress, 32)} -j REDIRECT --to-ports ${routerMetadataPort}`,
    ...router.floatingIps.flatMap(({ address, fixedAddress }) => [
      `-A ${p}-PREROUTING -d ${address}/32 -j DNAT --to-destination ${fixedAddress}`,
      `-A ${p}-OUTPUT -d ${address}/32 -j DNAT --to-destination ${fixedAddress}`,
      `-A ${p}-float-snat -s ${fixedAddress}/32 -j SNAT --to-source ${address} --random-fully`,
    ]),
    `-A ${p}-PREROUTING -j ${p}-fip-pf`,
    `-A ${p}-OUTPUT -j ${p}-fip-pf`,
    ...router.portForwardings.map(forwarding => `-A ${p}-fip-pf ${forwardingMatch(forwarding)}`),
    ...(outside ? sourceRules(outside) : []),
    `-A ${p}-snat -j ${p}-float-snat`,
    ...(outside ? snatRules(outside) : []),
  ]
}

/** Between inner networks nothing is translated. */
const sourceRules = ({ device }: Outside) => [
  `-A ${p}-POSTROUTING ! -o ${device} -m mark ! --mark ${fromOutside} -m conntrack ! --ctstate DNAT -j ACCEPT`,
]

/** The second rule is for a guest that asks a floating IP of its own router: the answer must come back this way. */
const snatRules = ({ device, address, hasSnat }: Outside) =>
  address === undefined || !hasSnat
    ? []
    : [
        `-A ${p}-snat -o ${device} -j SNAT --to-source ${address} --random-fully`,
        `-A ${p}-snat -m mark ! --mark ${fromOutside} -m conntrack --ctstate DNAT -j SNAT --to-source ${address} --random-fully`,
      ]

function forwardingMatch({ floatingAddress, protocol, externalPort, internalAddress, internalPort }: PortForwardingWiring): string {
  const [first, last] = typeof externalPort === 'number' ? [externalPort, externalPort] : externalPort
  const inner = typeof internalPort === 'number' ? `${internalPort}` : `${internalPort[0]}-${internalPort[1]}`
  const shifted = typeof internalPort === 'number' || internalPort[0] === first || first === last ? '' : `/${first}`
  const outer = first === last ? `${first}` : `${first}:${last}`
  return `-d ${floatingAddress}/32 -p ${protocol} -m ${protocol} --dport ${outer} -j DNAT --to-destination ${internalAddress}:${inner}${shifted}`
}
