/** What a cloud serves, by the names people know. A port is where OpenStack puts it; everything can be moved. */
export interface Service {
  /** OpenStack's name of the project: what stands in the catalog, in `--only` and in `[ports]`. */
  readonly name: string
  readonly type: string
  /** Its folder below `services/`, whose `main.ts` opens it. */
  readonly folder: string
  readonly port: number
  /** Where it is mounted when all services share one port. */
  readonly prefix: string
  /** What follows in the URL of the catalog. */
  readonly path: string
  /** Further doors of the same service. */
  readonly doors: readonly Door[]
  /** Whose logs there are: one file each. */
  readonly daemons: readonly string[]
  /** Programs of the host it needs; see packages.ts. */
  readonly needs: readonly ('hypervisor' | 'network' | 'disks')[]
}

export interface Door {
  readonly name: string
  readonly port: number
  readonly prefix: string
}

// biome-ignore format: a table is read by its columns
export const services: readonly Service[] = [
  { name: 'keystone',  type: 'identity',      folder: 'identity',      port: 5000, prefix: '/identity',      path: '/v3',                     needs: [],
    doors: [{ name: 'keystone-admin', port: 35357, prefix: '/identity_admin' }],
    daemons: ['keystone'] },
  { name: 'placement', type: 'placement',     folder: 'placement',     port: 8778, prefix: '/placement',     path: '',                        needs: [], doors: [],
    daemons: ['placement-api'] },
  { name: 'glance',    type: 'image',         folder: 'image',         port: 9292, prefix: '/image',         path: '',                        needs: ['disks'], doors: [],
    daemons: ['glance-api'] },
  { name: 'neutron',   type: 'network',       folder: 'network',       port: 9696, prefix: '/network',       path: '',                        needs: ['network'], doors: [],
    daemons: ['neutron-server', 'neutron-linuxbridge-agent', 'neutron-dhcp-agent', 'neutron-l3-agent', 'neutron-metadata-agent'] },
  { name: 'cinder',    type: 'block-storage', folder: 'block-storage', port: 8776, prefix: '/volume',        path: '/v3/%(project_id)s',      needs: ['disks'], doors: [],
    daemons: ['cinder-api', 'cinder-scheduler', 'cinder-volume'] },
  { name: 'nova',      type: 'compute',       folder: 'compute',       port: 8774, prefix: '/compute',       path: '/v2.1',                   needs: ['hypervisor', 'disks'],
    doors: [{ name: 'nova-metadata', port: 8775, prefix: '/metadata' }, { name: 'nova-novncproxy', port: 6080, prefix: '/novnc' }],
    daemons: ['nova-api', 'nova-conductor', 'nova-scheduler', 'nova-compute', 'nova-novncproxy'] },
  { name: 'swift',     type: 'object-store',  folder: 'object-store',  port: 8080, prefix: '/object-store',  path: '/v1/AUTH_%(project_id)s', needs: [], doors: [],
    daemons: ['swift-proxy'] },
]
