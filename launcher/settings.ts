import { hypervisorOptions } from '@kilonova/hypervisor/options.ts'
import { computeOptions } from '@kilonova/compute/options.ts'
import { authTokenOptions, identityOptions } from '@kilonova/identity/options.ts'
import { imageOptions } from '@kilonova/image/options.ts'
import { networkOptions } from '@kilonova/network/options.ts'
import { networkAgentOptions } from '@kilonova/network-agent/options.ts'
import { placementOptions } from '@kilonova/placement/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { boolean, host, integer, ip, list, oneOf, path, port, secret, text, url } from '@kilonova/platform/config/kinds.ts'
import { combine, options, type Values } from '@kilonova/platform/config/options.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { daemonNames, daemonsHere } from './daemons.ts'
import { doorOptions } from './doors.ts'
import type { Places } from './places.ts'
import { type Service, services } from './services.ts'

const databases = ['mysql+pymysql', 'mysql', 'mariadb', 'postgresql', 'postgresql+psycopg2', 'postgres', 'sqlite'] as const
const database = (whose: string) =>
  url({ schemes: databases, secret: true, about: `the database of ${whose}; without it [database] connection, or a file below the home` })

/** What the launcher itself reads. Services declare their own options beside their code. */
export const launcherOptions = options({
  DEFAULT: {
    bind_host: ip({ default: '127.0.0.1', about: 'the address the services listen on; 0.0.0.0 for all' }),
    my_ip: ip({ default: '127.0.0.1', about: 'the address other hosts reach this one by' }),
    host: host({ about: 'the name of this host in lists of daemons and as where servers are; its own name unless told' }),
    public_host: host({ default: '$my_ip', about: 'the host in the URLs of the catalog' }),
    one_port: port({ about: 'serve everything on this one port, each service below its path' }),
    port_base: port({ about: "the identity service's port; all others keep their distance to it" }),
    enabled_services: list({
      default: services.map(({ name }) => name),
      of: services.map(({ name }) => name),
      about: 'which services this cloud has',
    }),
    daemons: list({
      of: daemonNames,
      about: 'which daemons of these services this process is; all unless told, and then the others run elsewhere',
    }),
    enabled_apis: list({
      default: ['osapi_compute', 'metadata'],
      of: ['osapi_compute', 'metadata'],
      about: 'which doors compute has: the API itself, and the one that guests ask for their metadata',
    }),
    transport_url: url({
      schemes: ['rabbit', 'kombu', 'fake', 'memory'],
      secret: true,
      about: 'the message broker; without it messages stay in the process',
    }),
    debug: boolean({ default: false, about: 'log more: the same as log_level = debug' }),
    log_level: oneOf(['debug', 'info', 'warn', 'error'], { default: 'info', about: 'what is logged' }),
    compute_driver: hypervisorOptions.DEFAULT.compute_driver,
    instances_path: hypervisorOptions.DEFAULT.instances_path,
    guest_image: boolean({ default: true, about: 'make an image to begin with, kilonova-guest, from packages of the distribution' }),
    demo_network: boolean({
      default: true,
      about: 'a new cloud begins with networks: public, which leads out through a bridge of this host, and private behind a router',
    }),
    demo_server: boolean({
      default: true,
      about: 'and with a server in it, first, that its key in the home opens; only beside demo_network and guest_image',
    }),
    nova_metadata_host: host({ about: 'where nova-metadata listens, for network agents of hosts without one' }),
    nova_metadata_port: port({ default: 8775, about: 'at which port' }),
    nova_metadata_protocol: oneOf(['http', 'https'], { about: 'and how; https where [ssl] cert_file is set, unless told' }),
    region_name: text({ default: 'RegionOne', formerly: ['os_region_name'], about: 'the name of this region' }),
  },
  ssl: {
    cert_file: path({ about: 'the certificate of all doors, with those that vouch for it behind it: the services speak https' }),
    key_file: path({ about: 'its key' }),
    ca_file: path({
      about: 'the authority that clients are told to trust, and this process trusts; needed when no system trusts it already',
    }),
  },
  ...doorOptions,
  log: {
    max_mb: integer({ default: 64, min: 1, max: 10_240, about: 'a log file that reaches this size is renamed' }),
    keep: integer({ default: 4, min: 0, max: 100, about: 'how many renamed files of a daemon stay' }),
  },
  database: {
    connection: url({
      schemes: databases,
      secret: true,
      formerly: ['DEFAULT.sql_connection'],
      about: 'where each service gets a database of its own',
    }),
  },
  keystone_database: { connection: database('the identity service') },
  placement_database: { connection: database('the placement service') },
  glance_database: { connection: database('the image service') },
  neutron_database: { connection: database('the network service') },
  cinder_database: { connection: database('the volume service') },
  api_database: {
    connection: url({
      schemes: databases,
      secret: true,
      about: 'the compute service’s database of what belongs to no cell; without it nova_api beside nova',
    }),
  },
  nova_database: { connection: database('the compute service') },
  glance: {
    endpoint_override: text({
      about: 'where hosts get and bring the data of images: http://controller:9292; this cloud’s own door unless told',
    }),
  },
  swift_database: { connection: database('the object store') },
  bootstrap: {
    admin_password: secret({ about: "the first administrator's password; without it one is made up" }),
    demo_password: secret({ about: "the demo user's password; without it one is made up" }),
  },
  libvirt: {
    virt_type: oneOf(['auto', 'kvm', 'qemu'], { default: 'auto', about: 'how guests run; auto chooses by what the processor says' }),
  },
  ports: Object.fromEntries(
    services.flatMap(({ name, port: standard, doors }) =>
      [{ name, port: standard }, ...doors].map(door => [door.name, port({ about: `where ${door.name} listens; usually ${door.port}` })]),
    ),
  ),
})

/** What the services read of the same files: no surprise to the launcher. */
const serviceOptions = [
  hypervisorOptions,
  networkAgentOptions,
  identityOptions,
  authTokenOptions,
  imageOptions,
  placementOptions,
  networkOptions,
  ...computeOptions,
]

/** Everything an operator may say. */
export const allOptions = combine(launcherOptions, ...serviceOptions)

export type Settings = Values<typeof launcherOptions>

/**
 * The services this process is of, of those that are built, each with what its daemons here need of the host. Guests that are pretended, or a
 * plug-in's, need nothing.
 */
export function wantedServices({ DEFAULT }: Settings, isBuilt: (name: string) => boolean): readonly Service[] {
  const pretends = DEFAULT.compute_driver !== 'libvirt.LibvirtDriver'
  const here = daemonsHere(DEFAULT)
  return services.flatMap(each => {
    const own = here.filter(({ service }) => service === each.name)
    if (own.length === 0 || !isBuilt(each.name)) return []
    const needed = each.needs.filter(need => own.some(({ needs }) => needs.includes(need)))
    return [{ ...each, needs: pretends ? needed.filter(need => need === 'disks') : needed }]
  })
}

/** The doors that this process opens. */
export function openingsHere(settings: Settings, wanted: readonly Service[]): readonly Opening[] {
  const here = daemonsHere(settings.DEFAULT).flatMap(({ doors }) => doors)
  return openings(settings, wanted).filter(({ name }) => here.includes(name))
}

export interface SettingsRead {
  readonly settings: Settings
  readonly remarks: readonly string[]
}

/** Reads the cloud's configuration, with what was said on the command line (`section.key=value`) above all. */
export function readSettings(
  places: Places,
  flags: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SettingsRead {
  const sources = sourcesOf(places, flags, environment)
  const { values, remarks } = readConfig(launcherOptions, sources, serviceOptions)
  if (values.DEFAULT.one_port !== undefined && values.DEFAULT.port_base !== undefined)
    throw new Refusal('invalid', '[DEFAULT] one_port and port_base are both set: leave one of them out.')
  return { settings: values, remarks }
}

/** Where the options of a cloud are said. */
export const sourcesOf = (places: Places, flags: readonly string[], environment: Readonly<Record<string, string | undefined>>) =>
  readSources({ ...filesOf(places), environment, flags })

export const filesOf = (places: Places) => ({ files: [{ file: places.configFile, optional: true }], dirs: [places.configDir] })

/** One door of the cloud: what listens where. */
export interface Opening {
  readonly name: string
  readonly service: Service
  readonly host: string
  readonly port: number
  readonly prefix: string
  /** `http://controller:5000`, with https where there is a certificate, or with the path of one-port mode; no slash at the end. */
  readonly url: string
}

/** The doors that `enabled_apis` opens and closes, by its words. */
const apiOf: Readonly<Record<string, string>> = { nova: 'osapi_compute', 'nova-metadata': 'metadata' }

/** All doors of the services, where the settings put them. */
export function openings(settings: Settings, wanted: readonly Service[]): readonly Opening[] {
  const { bind_host, public_host, one_port, port_base } = settings.DEFAULT
  const scheme = settings.ssl.cert_file === undefined ? 'http' : 'https'
  const shift = port_base === undefined ? 0 : port_base - 5000
  return wanted.flatMap(service => {
    const doors = [{ name: service.name, port: service.port, prefix: service.prefix }, ...service.doors]
    const open = doors.filter(({ name }) => apiOf[name] === undefined || settings.DEFAULT.enabled_apis.includes(apiOf[name]))
    return open.map(door => {
      const bound = one_port ?? settings.ports[door.name] ?? door.port + shift
      if (bound > 65535)
        throw new Refusal('invalid', `[DEFAULT] port_base = ${port_base} puts ${door.name} on port ${bound}: use at most 35177.`)
      const prefix = one_port === undefined ? '' : door.prefix
      return {
        name: door.name,
        service,
        host: bind_host,
        port: bound,
        prefix,
        url: `${scheme}://${authority(public_host)}:${bound}${prefix}`,
      }
    })
  })
}

/** An IPv6 address stands in brackets. */
const authority = (name: string) => (name.includes(':') ? `[${name}]` : name)
