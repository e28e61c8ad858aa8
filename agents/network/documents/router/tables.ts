import type { FloatingIpWiring, PortForwardingWiring, RouterGateway, RouterWiring } from '../../contract/router.ts'
import { versionOf } from '../../contract/addresses.ts'
import { answersFor, gatewayBits, markOf, type Out, outsideBit, outsOf } from './gateways.ts'

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
  const outs = outsOf(router)
  return [
    table('raw', trackerRules(router), [`:PREROUTING ACCEPT [0:0]`, `:OUTPUT ACCEPT [0:0]`]),
    table('mangle', mangleRules(router, outs), mangleChains(outs)),
    table('nat', natRules(router, outs), [
      ...['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'].map(chain => `:${chain} ACCEPT [0:0]`),
      ...['PREROUTING', 'OUTPUT', 'POSTROUTING', 'float-snat', 'fip-pf', 'snat'].map(chain => `:${p}-${chain} - [0:0]`),
    ]),
    table('filter', filterRules(), [...['INPUT', 'FORWARD', 'OUTPUT'].map(chain => `:${chain} ACCEPT [0:0]`), `:${p}-INPUT - [0:0]`]),
  ].join('')
}

/** IPv6 is routed as it is, but for metadata and for answers to what came in by one of several gateways; whatever was there before goes. */
export function routerTablesV6(router: RouterWiring): string {
  const outs = outsOf(router)
  const metadata = `-A ${p}-PREROUTING ${toMetadata(metadataAddressV6, 128)}`
  const marks = [`-A PREROUTING -j ${p}-PREROUTING`, `${metadata} -j MARK --set-xmark ${forMetadata}`, ...connectionMarks(outs, [])]
  const redirects = [`-A PREROUTING -j ${p}-PREROUTING`, `${metadata} -j REDIRECT --to-ports ${routerMetadataPort}`]
  return [
    table('raw', [], []),
    table('mangle', marks, mangleChains(outs)),
    table('nat', redirects, [':PREROUTING ACCEPT [0:0]', `:${p}-PREROUTING - [0:0]`]),
    table('filter', filterRules(), [':INPUT ACCEPT [0:0]', `:${p}-INPUT - [0:0]`]),
  ].join('')
}

function toMetadata(address: string, length: number): string {
  return `-d ${address}/${length} -i qr-+ -p tcp -m tcp --dport 80`
}

function table(name: string, rules: readonly string[], chains: readonly string[]): string {
  return `*${name}\n${[...chains, ...rules, 'COMMIT'].map(line => `${line}\n`).join('')}`
}

const v4Of = ({ fixedIps }: RouterGateway) => fixedIps.map(({ address }) => address).find(address => versionOf(address) === 4)

/** Connections from inside are looked into on these ports, before anything else is decided of them. */
const trackerRules = ({ trackers = [] }: RouterWiring) =>
  trackers.map(({ protocol, port, name }) => `-A PREROUTING -i qr-+ -p ${protocol} -m ${protocol} --dport ${port} -j CT --helper ${name}`)

const mangleRules = (router: RouterWiring, outs: readonly Out[]) => [
  `-A PREROUTING -j ${p}-PREROUTING`,
  `-A ${p}-PREROUTING ${toMetadata(metadataAddress, 32)} -j MARK --set-xmark ${forMetadata}`,
  ...outs.map(({ device }) => `-A ${p}-PREROUTING -i ${device} -j MARK --set-xmark ${fromOutside}`),
  ...connectionMarks(outs, guestsOf(router, outs)),
]

const mangleChains = (outs: readonly Out[]) => [
  ':PREROUTING ACCEPT [0:0]',
  ...(outs.length > 1 ? [':OUTPUT ACCEPT [0:0]', `:${p}-OUTPUT - [0:0]`] : []),
  `:${p}-PREROUTING - [0:0]`,
]

const hex = (value: number) => `0x${value.toString(16)}`
const ofGateways = hex(gatewayBits + outsideBit)

/** Of several gateways a connection remembers its own, and its packets from inside, or from the router itself, are told it. */
function connectionMarks(outs: readonly Out[], guests: readonly { readonly address: string; readonly out: Out }[]): readonly string[] {
  if (outs.length < 2) return []
  const mark = ({ number = 0 }: Out, more: number) =>
    `-m conntrack --ctstate NEW -j CONNMARK --set-xmark ${hex(markOf(number) + more)}/${ofGateways}`
  const restore = `-j CONNMARK --restore-mark --nfmask ${ofGateways} --ctmask ${ofGateways}`
  return [
    ...outs.map(out => `-A ${p}-PREROUTING -i ${out.device} ${mark(out, outsideBit)}`),
    ...guests.map(({ address, out }) => `-A ${p}-PREROUTING -s ${address}/32 -i qr-+ ${mark(out, 0)}`),
    `-A ${p}-PREROUTING -i qr-+ ${restore}`,
    `-A OUTPUT -j ${p}-OUTPUT`,
    `-A ${p}-OUTPUT ${restore}`,
  ]
}

/** Guests that are known outside, and not at the first gateway, go out where they are known. */
function guestsOf({ floatingIps }: RouterWiring, outs: readonly Out[]) {
  const known = Map.groupBy(floatingIps, ({ fixedAddress }) => fixedAddress)
  return [...known].flatMap(([address, floating]) => {
    const out = outs.find(each => floating.some(one => answersFor(each, one)))
    return out && !out.isFirst ? [{ address, out }] : []
  })
}

/** The proxy answers what came for the metadata address, and nobody who asks its port. */
function filterRules(): readonly string[] {
  return [
    `-A INPUT -j ${p}-INPUT`,
    `-A ${p}-INPUT -m mark --mark ${forMetadata} -j ACCEPT`,
    `-A ${p}-INPUT -p tcp -m tcp --dport ${routerMetadataPort} -j DROP`,
  ]
}

function natRules(router: RouterWiring, outs: readonly Out[]): readonly string[] {
  return [
    `-A PREROUTING -j ${p}-PREROUTING`,
    `-A OUTPUT -j ${p}-OUTPUT`,
    `-A POSTROUTING -j ${p}-POSTROUTING`,
    `-A POSTROUTING -j ${p}-snat`,
    `-A ${p}-PREROUTING ${toMetadata(metadataAddress, 32)} -j REDIRECT --to-ports ${routerMetadataPort}`,
    ...router.floatingIps.flatMap(floating => [
      `-A ${p}-PREROUTING -d ${floating.address}/32 -j DNAT --to-destination ${floating.fixedAddress}`,
      `-A ${p}-OUTPUT -d ${floating.address}/32 -j DNAT --to-destination ${floating.fixedAddress}`,
      ...floatingSources(floating, outs),
    ]),
    `-A ${p}-PREROUTING -j ${p}-fip-pf`,
    `-A ${p}-OUTPUT -j ${p}-fip-pf`,
    ...router.portForwardings.map(forwarding => `-A ${p}-fip-pf ${forwardingMatch(forwarding)}`),
    ...sourceRules(outs),
    `-A ${p}-snat -j ${p}-float-snat`,
    ...snatRules(outs),
  ]
}

/** Where there are several ways out, a guest is known by each floating IP at the gateway of that alone, and by any of them inside. */
function floatingSources({ address, fixedAddress, gatewayPortId }: FloatingIpWiring, outs: readonly Out[]): readonly string[] {
  const source = `-j SNAT --to-source ${address} --random-fully`
  const rule = (match: string) => `-A ${p}-float-snat -s ${fixedAddress}/32${match} ${source}`
  if (outs.length < 2) return [rule('')]
  const out = outs.find(each => answersFor(each, { gatewayPortId }))
  return [...(out ? [rule(` -o ${out.device}`)] : []), rule(' ! -o qg-+')]
}

/** Between inner networks nothing is translated. */
const sourceRules = ([first, another]: readonly Out[]) =>
  first === undefined
    ? []
    : [
        `-A ${p}-POSTROUTING ! -o ${another ? 'qg-+' : first.device} -m mark ! --mark ${fromOutside} -m conntrack ! --ctstate DNAT -j ACCEPT`,
      ]

/** The last rule is for a guest that asks a floating IP of its own router: the answer must come back this way. */
function snatRules(outs: readonly Out[]): readonly string[] {
  const sources = outs.flatMap(out => {
    const address = v4Of(out)
    return address === undefined || !out.hasSnat ? [] : [{ device: out.device, source: `-j SNAT --to-source ${address} --random-fully` }]
  })
  return [
    ...sources.map(({ device, source }) => `-A ${p}-snat -o ${device} ${source}`),
    ...sources.slice(0, 1).map(({ source }) => `-A ${p}-snat -m mark ! --mark ${fromOutside} -m conntrack --ctstate DNAT ${source}`),
  ]
}

function forwardingMatch({ floatingAddress, protocol, externalPort, internalAddress, internalPort }: PortForwardingWiring): string {
  const [first, last] = typeof externalPort === 'number' ? [externalPort, externalPort] : externalPort
  const inner = typeof internalPort === 'number' ? `${internalPort}` : `${internalPort[0]}-${internalPort[1]}`
  const shifted = typeof internalPort === 'number' || internalPort[0] === first || first === last ? '' : `/${first}`
  const outer = first === last ? `${first}` : `${first}:${last}`
  return `-d ${floatingAddress}/32 -p ${protocol} -m ${protocol} --dport ${outer} -j DNAT --to-destination ${internalAddress}:${inner}${shifted}`
}
