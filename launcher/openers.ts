import { join } from 'node:path'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { readOverrides } from '@kilonova/platform/policy/overrides.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import { type DoorMetrics, doorMetrics } from '@kilonova/platform/http/metrics.ts'
import type { TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import type { CloudFacts } from '@kilonova/identity/contract/cloud-facts.ts'
import type { ImageBrowser } from '@kilonova/image/contract/browse.ts'
import type { ImageFinder } from '@kilonova/image/contract/find.ts'
import type { ImageKeeper } from '@kilonova/image/contract/keep.ts'
import { metadataOptions } from '@kilonova/compute/options.ts'
import type { NetworkDoor } from '@kilonova/network/contract/ports.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import { identityOptions } from '@kilonova/identity/options.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { firstImage } from './first-image.ts'
import { thisHost } from './host.ts'
import type { OpenService, Rooms } from './cloud.ts'
import { doorWish } from './doors.ts'
import { services } from './services.ts'

/** What the services of one process share, besides what each is given. */
export interface Shared {
  readonly bus: Bus
  readonly metrics: DoorMetrics
  /** What of this process can be seen to while identity makes the cloud's first people. */
  meanwhile: (() => Promise<unknown>) | undefined
  /** Set when identity has been opened in this process. */
  tokens: TokenValidator | undefined
  /** Set with `tokens`: what identity knows of the cloud. */
  facts: CloudFacts | undefined
  /** Set when the image service has been opened in this process. */
  images: ImageFinder | undefined
  browser: ImageBrowser | undefined
  /** Set with `images`: how images are made of servers. */
  keeper: ImageKeeper | undefined
  /** Set with `images`, when this cloud is to have an image to begin with: resolves when it is there. */
  firstImage: Promise<void> | undefined
  /** Set when the network service has been opened in this process. */
  network: (Pick<NetworkDoor, 'ports'> & Partial<NetworkDoor>) | undefined
  /** Set with `network`, when this cloud is new and is to have a server to begin with: called when it has had it. */
  firstServerSettled: (() => void) | undefined
  /** Set when placement has been opened in this process. */
  placement: PlacementRoom | undefined
  projectNamed(name: string): Promise<string | undefined>
}

export type Opener = (rooms: Rooms, shared: Shared) => Promise<OpenService>

/** Each service's way in, by its name in services.ts. Imports are lazy: a process loads what it runs. */
export const openers: Readonly<Record<string, Opener>> = {
  keystone: async (rooms, shared) => {
    const { openIdentity } = await import('@kilonova/identity/main.ts')
    const settings = rooms.config(identityOptions)
    const identity = await openIdentity({
      ...standardRooms(rooms, shared, { service: 'keystone', daemon: 'keystone', policyFile: settings.oslo_policy.policy_file }),
      settings,
      keyDir: join(rooms.places.home, 'keystone'),
      beginning: { ...beginningOf(rooms), meanwhile: shared.meanwhile },
    })
    shared.tokens = identity.tokens
    shared.facts = identity.facts
    shared.projectNamed = identity.projectNamed
    const door = { answer: identity.answer, upgrade: identity.upgrade }
    return {
      doors: { keystone: door, 'keystone-admin': door },
      health: identity.health,
      metrics: shared.metrics.text,
      close: identity.close,
    }
  },

  placement: async (rooms, shared) => {
    const { openPlacement, placementOptions } = await import('@kilonova/placement/main.ts')
    const settings = rooms.config(placementOptions)
    const placement = await openPlacement({
      ...standardRooms(rooms, shared, { service: 'placement', daemon: 'placement-api', policyFile: settings.oslo_policy.policy_file }),
      tokens: tokensOf(shared),
      settings,
    })
    shared.placement = placement.room
    return { doors: { placement }, health: placement.health, close: placement.close }
  },

  glance: async (rooms, shared) => {
    const { imageOptions, openImage } = await import('@kilonova/image/main.ts')
    const settings = rooms.config(imageOptions)
    const image = await openImage({
      ...standardRooms(rooms, shared, { service: 'glance', daemon: 'glance-api', policyFile: settings.oslo_policy.policy_file }),
      tokens: tokensOf(shared),
      facts: shared.facts,
      region: rooms.settings.DEFAULT.region_name,
      settings,
      homeDir: join(rooms.places.home, 'glance'),
      beginsWithDefinitions: true,
      guestCacheDir: thisHost.isRoot ? '/var/cache/kilonova/guest' : join(rooms.places.home, 'cache', 'guest'),
      host: rooms.hostName,
      bus: shared.bus,
      ownPorts: rooms.openings.map(({ port }) => port),
    })
    shared.images = image.finder
    shared.keeper = image.keeper
    shared.browser = image.browser
    const first = firstImage({
      ...rooms,
      guestImage: image.guestImage,
      host: thisHost,
      owner: () => shared.projectNamed('admin'),
    })
    if (rooms.settings.DEFAULT.guest_image) shared.firstImage = first.there
    return {
      doors: { glance: image },
      health: image.health,
      ...(rooms.settings.DEFAULT.guest_image ? { begin: first.begin } : {}),
      close: async () => {
        await first.stop()
        await image.close()
      },
    }
  },

  neutron: async (rooms, shared) => (await import('./open-neutron.ts')).openNeutron(rooms, shared),
  nova: async (rooms, shared) => (await import('./open-nova.ts')).openNova(rooms, shared),
}

const sources: Readonly<Record<string, () => Promise<unknown>>> = {
  placement: () => import('@kilonova/placement/main.ts'),
  glance: () => import('@kilonova/image/main.ts'),
  neutron: () => import('@kilonova/network/main.ts'),
  nova: () => import('@kilonova/compute/main.ts'),
}

/** Reads the programs of services that will be opened, with a breath in between for whoever waits for something else. */
export async function loadAhead(names: readonly string[], clock: Pick<Clock, 'sleep'>): Promise<void> {
  for (const name of names) {
    await sources[name]?.()
    await clock.sleep(0)
  }
}

interface Whose {
  readonly service: string
  /** Under which it writes its log. */
  readonly daemon: string
  readonly policyFile: string | undefined
}

/** What services are opened with alike: where they keep their tables, whose rules they follow, and where they say what they did. */
export function standardRooms(rooms: Rooms, { metrics }: Shared, { service, daemon, policyFile }: Whose) {
  const file = policyFile ?? join(rooms.places.etc, `${service}-policy.yaml`)
  const overrides = thisHost.readText(file)
  return {
    databaseUrl: rooms.databaseOf(service).url,
    overrides: overrides === undefined ? undefined : readOverrides(file, overrides),
    clock: rooms.clock,
    chance: rooms.chance,
    log: rooms.logOf(daemon),
    metrics,
    door: doorWish(rooms.settings),
  }
}

export const sharedBy = (bus: Bus): Shared => ({
  bus,
  metrics: doorMetrics(),
  meanwhile: undefined,
  tokens: undefined,
  facts: undefined,
  images: undefined,
  browser: undefined,
  keeper: undefined,
  firstImage: undefined,
  network: undefined,
  firstServerSettled: undefined,
  placement: undefined,
  projectNamed: async () => undefined,
})

export const tokensOf = ({ tokens }: Shared): TokenValidator => {
  if (!tokens) throw new ConfigError('[DEFAULT] enabled_services leaves out keystone: then [keystone_authtoken] auth_url says where it is')
  return tokens
}

/** What the networks' metadata proxies sign with: the operator's, or the cloud's own. */
export const metadataSecret = ({ config, passwords }: Pick<Rooms, 'config' | 'passwords'>): string =>
  config(metadataOptions).neutron.metadata_proxy_shared_secret ?? passwords.ofService('metadata-proxy')

/** What the first start of a cloud makes: its people, and a catalog of the doors there are. */
function beginningOf({ settings, passwords, openings }: Rooms) {
  const names: Readonly<Record<string, string>> = {
    keystone: 'OpenStack Identity',
    nova: 'OpenStack Compute',
    glance: 'OpenStack Image',
    neutron: 'OpenStack Networking',
    cinder: 'OpenStack Block Storage',
    placement: 'Placement API',
    swift: 'OpenStack Object Storage',
  }
  const urlOf = (door: string) => openings.find(one => one.name === door)?.url
  return {
    region: settings.DEFAULT.region_name,
    adminPassword: passwords.admin,
    demoPassword: passwords.demo,
    serviceUsers: services
      .filter(({ name }) => name !== 'keystone' && settings.DEFAULT.enabled_services.includes(name))
      .map(({ name }) => ({ name, password: passwords.ofService(name) })),
    catalog: services.flatMap(({ name, type, path }) => {
      const url = urlOf(name)
      return url === undefined || !Object.hasOwn(openers, name)
        ? []
        : [{ name, type, description: names[name] ?? name, url: `${url}${path}` }]
    }),
  }
}
