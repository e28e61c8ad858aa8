import { attr, attrOr, type Change, type Kind, needed, python, type Wish, wrong } from '../../attributes/attribute/attribute.ts'
import {
  address,
  block,
  flag,
  isUuid,
  listOf,
  numbers,
  orEmpty,
  orNull,
  text,
  uuid,
  whole,
  words,
} from '../../attributes/attribute/kinds.ts'
import { named, taggedAttributes } from '../../standards/standard/attributes.ts'
import { ipv6Modes, type Pool, type Route } from './subnet.ts'

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Exactly these members, each an address or a block. */
const record = <T>(members: Readonly<Record<string, Kind<string>>>): Kind<T> => ({
  schema: { type: 'object', properties: Object.fromEntries(Object.entries(members).map(([name, { schema }]) => [name, schema])) },
  read(value) {
    const names = Object.keys(members)
    if (!isRecord(value)) return wrong(`Invalid input. '${python(value)}' must be a dictionary with keys: ${python(names)}`)
    const sent = Object.keys(value)
    if (sent.length !== names.length || names.some(name => !sent.includes(name)))
      return wrong(
        `Validation of dictionary's keys failed. Expected keys: {${names.map(name => `'${name}'`).join(', ')}} Provided keys: {${sent.map(name => `'${name}'`).join(', ')}}`,
      )
    return Object.fromEntries(Object.entries(members).map(([name, kind]) => [name, kind.read(value[name])])) as T
  },
})

const ipPools: Kind<readonly Pool[]> = {
  schema: { type: 'array', items: { type: 'object' } },
  read(value) {
    if (!Array.isArray(value)) return wrong(`Invalid data format for IP pool: '${python(value)}'`)
    return value.map(one => record<Pool>({ start: address, end: address }).read(one))
  },
}

const routable: Kind<string> = {
  schema: block.schema,
  read: value => (typeof value === 'string' && value.includes('/') ? block.read(value) : wrong(`'${python(value)}' is not a valid CIDR`)),
}

export const hostRoutes: Kind<readonly Route[]> = {
  schema: { type: 'array', items: { type: 'object' } },
  read(value) {
    if (!Array.isArray(value)) return wrong(`Invalid data format for hostroute: '${python(value)}'`)
    const routes = value.map(one => record<Route>({ destination: routable, nexthop: address }).read(one))
    const twice = routes.find(
      (route, i) => routes.findIndex(other => other.destination === route.destination && other.nexthop === route.nexthop) !== i,
    )
    return twice ? wrong(`Duplicate hostroute '${python(twice)}'`) : routes
  },
}

const nameservers: Kind<readonly string[]> = {
  schema: { type: 'array', items: { type: 'string' } },
  read(value) {
    if (!Array.isArray(value)) return wrong(`Invalid data format for nameserver: '${python(value)}'`)
    const hosts = value.map(host => nameserver(host))
    const twice = hosts.find((host, i) => hosts.indexOf(host) !== i)
    return twice === undefined ? hosts : wrong(`Duplicate nameserver '${twice}'`)
  },
}

function nameserver(host: unknown): string {
  try {
    return address.read(host)
  } catch {
    return wrong(`'${python(host)}' is not a valid nameserver. '${python(host)}' is not a valid IP address`)
  }
}

const poolId: Kind<string | null> = {
  schema: { type: ['string', 'null'] },
  read: value =>
    value === null || value === 'prefix_delegation' || isUuid(value)
      ? (value as string | null)
      : wrong(`'${python(value)}' is not a valid UUID`),
}

const ipv6Mode = words(...ipv6Modes)

// biome-ignore format: a table of attributes
export const subnetAttributes = {
  ...taggedAttributes,
  ...named,
  network_id:             needed('cvfs', uuid),
  ip_version:             needed('cvfs', numbers(4, 6)),
  cidr:                   attr('cvfs', orNull(block)),
  prefixlen:              attr('c', whole({ min: 0 })),
  gateway_ip:             attr('cuvfs', orNull(address)),
  allocation_pools:       attr('cuv', ipPools),
  dns_nameservers:        attr('cuv', orEmpty(nameservers)),
  host_routes:            attr('cuv', orEmpty(hostRoutes)),
  enable_dhcp:            attrOr('cuvfs', flag, true),
  ipv6_ra_mode:           attr('cvfs', orNull(ipv6Mode)),
  ipv6_address_mode:      attr('cvfs', orNull(ipv6Mode)),
  subnetpool_id:          attr('cvfs', poolId),
  use_default_subnetpool: attrOr('c', flag, false),
  segment_id:             attrOr('CUVfs', orNull(uuid), null),
  service_types:          attrOr('CUv', listOf(text(255)), []),
  shared:                 attr('f', flag),
} as const

export type SubnetWish = Wish<typeof subnetAttributes>
export type SubnetChange = Change<typeof subnetAttributes>

/** A subnet that the cloud itself makes: nothing but what is said. */
export const bareSubnet = (wish: { readonly networkId: string } & Partial<SubnetWish>): SubnetWish => ({
  name: '',
  description: '',
  ipVersion: 4,
  enableDhcp: true,
  useDefaultSubnetpool: false,
  segmentId: null,
  serviceTypes: [],
  ...wish,
})
