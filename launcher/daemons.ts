/** What may run in a process of its own, by OpenStack's names. */
export interface Daemon {
  readonly name: string
  /** The service it is a part of, as services.ts names it. */
  readonly service: string
  /** Doors that it opens, as services.ts names them. */
  readonly doors: readonly string[]
  /** Programs of the host it needs; see packages.ts. */
  readonly needs: readonly ('hypervisor' | 'network' | 'disks')[]
  /** Whether it reads and writes the service's tables: those of hosts never do. */
  readonly hasTables: boolean
  /** Whether it speaks with others over the bus. */
  readonly hasBus: boolean
}

// biome-ignore format: a table is read by its columns
export const daemons: readonly Daemon[] = [
  { name: 'keystone',                  service: 'keystone',  doors: ['keystone', 'keystone-admin'],  needs: [],                      hasTables: true,  hasBus: false },
  { name: 'placement-api',             service: 'placement', doors: ['placement'],                   needs: [],                      hasTables: true,  hasBus: false },
  { name: 'glance-api',                service: 'glance',    doors: ['glance'],                      needs: ['disks'],               hasTables: true,  hasBus: true },
  { name: 'neutron-server',            service: 'neutron',   doors: ['neutron'],                     needs: [],                      hasTables: true,  hasBus: true },
  { name: 'neutron-linuxbridge-agent', service: 'neutron',   doors: [],                              needs: ['network'],             hasTables: false, hasBus: true },
  { name: 'nova-api',                  service: 'nova',      doors: ['nova', 'nova-novncproxy'],     needs: [],                      hasTables: true,  hasBus: true },
  { name: 'nova-metadata',             service: 'nova',      doors: ['nova-metadata'],               needs: [],                      hasTables: true,  hasBus: true },
  { name: 'nova-conductor',            service: 'nova',      doors: [],                              needs: [],                      hasTables: true,  hasBus: true },
  { name: 'nova-scheduler',            service: 'nova',      doors: [],                              needs: [],                      hasTables: true,  hasBus: true },
  { name: 'nova-compute',              service: 'nova',      doors: [],                              needs: ['hypervisor', 'disks'], hasTables: false, hasBus: true },
]

export const daemonNames: readonly string[] = daemons.map(({ name }) => name)

/** What is said of the daemons of a cloud and of one process of it. */
export interface DaemonWish {
  readonly enabled_services: readonly string[]
  readonly daemons?: readonly string[] | undefined
}

/** The daemons of this process: those that are named, or all that the cloud has. */
export const daemonsHere = ({ enabled_services: enabled, daemons: named }: DaemonWish): readonly Daemon[] =>
  daemons.filter(({ name, service }) => enabled.includes(service) && (named?.includes(name) ?? true))

/** Whether the cloud has daemons in other processes. */
export const isApart = (wish: DaemonWish): boolean =>
  daemonsHere(wish).length < daemonsHere({ enabled_services: wish.enabled_services }).length
