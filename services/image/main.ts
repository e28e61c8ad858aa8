import type { RequestListener } from 'node:http'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import type { Overrides } from '@kilonova/platform/policy/overrides.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { labour } from '@kilonova/platform/tasks/task.ts'
import { openTasks, type Tasks } from '@kilonova/platform/tasks/tasks.ts'
import type { Intake, Web } from './content/content.ts'
import { contentLogic } from './content/logic.ts'
import type { ImageFinder } from './contract/find.ts'
import { accepting } from './drivers/accepting.ts'
import { fileStore, stagingArea } from './drivers/file-store.ts'
import { httpStore } from './drivers/http-store.ts'
import { guestMaker } from './drivers/guest-maker.ts'
import { hashers } from './drivers/intake/hashing.ts'
import { intake } from './drivers/intake/intake.ts'
import { noProtection, protectionIn } from './drivers/property-protection.ts'
import { web } from './drivers/web.ts'
import { spellFor } from './faults.ts'
import type { Image, PropertyProtection, Viewer } from './images/image.ts'
import { imageDataLogic } from './images/logic/data.ts'
import { imageLogic, type Rooms as ImageRooms } from './images/logic/images.ts'
import { imageStore } from './images/store/store.ts'
import { forgetData } from './images/tasks/forget.ts'
import { imageTaskLogic } from './image-tasks/logic.ts'
import { imageTaskStore } from './image-tasks/store.ts'
import { importLogic } from './imports/logic.ts'
import { importImage } from './imports/tasks/import.ts'
import { imageFinder } from './main/find.ts'
import { type GuestImage, guestImage } from './main/guest-image.ts'
import { memberLogic } from './members/logic.ts'
import { memberStore } from './members/store.ts'
import { migrations } from './migrations/all.ts'
import { namespaceLogic } from './namespaces/logic.ts'
import { namespaceStore } from './namespaces/store.ts'
import type { imageOptions } from './options.ts'
import { policies } from './policies.ts'
import { quotaLogic } from './quotas/logic.ts'
import { quotaStore } from './quotas/store.ts'
import { type Logics, routes } from './routes.ts'
import { type OpenStore, storeLogic, type StoreLogic } from './stores/logic.ts'
import type { StagingArea } from './stores/store.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export { guestImageName } from './main/guest-image.ts'
export { migrations } from './migrations/all.ts'
export { imageOptions } from './options.ts'

export interface ImageWish {
  readonly databaseUrl: string
  readonly tokens: TokenValidator
  readonly settings: Values<typeof imageOptions>
  readonly overrides?: Overrides | undefined
  /** Where the service keeps what the settings give no place for. */
  readonly homeDir: string
  /** Where what the guest image is made from is kept between builds; below `homeDir` unless told. */
  readonly guestCacheDir?: string | undefined
  /** The program that makes it; a test puts its own in its place. */
  readonly guestProgram?: string | undefined
  /** This process's host, for the journal and for images that receive data. */
  readonly host: string
  readonly bus?: Bus | undefined
  /** The ports of this cloud, from which nothing is imported. */
  readonly ownPorts?: readonly number[] | undefined
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly metrics?: DoorMetrics | undefined
  /** What the operator says of every door. */
  readonly door?: DoorWish | undefined
  /** Opened by somebody else: the simulation's. It is closed with the service. */
  readonly database?: Database<Tables> | undefined
}

export interface ImageService {
  readonly answer: RequestListener
  readonly door: Awaited<ReturnType<typeof openDoor>>
  readonly database: Database<Tables>
  /** How the services of this process look at images: by a call. */
  readonly finder: ImageFinder
  /** The image that a new cloud begins with. */
  readonly guestImage: GuestImage
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Data that has not been written to for so long is nobody's any more. */
const abandonedMs = 86_400_000
const lookEveryMs = 3_600_000
/** A day: images of hundreds of gigabytes come over slow lines. */
const labourDeadlineMs = 86_400_000

/** The image service, Glance v2. */
export async function openImage(wish: ImageWish): Promise<ImageService> {
  const { clock, chance, log, metrics, settings, host } = wish
  const db = wish.database ?? (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'image', migrations, clock, chance, log }))
  const tasks = await openTasks({ service: 'image', database: db, clock, chance, log, host, bus: wish.bus })
  const { enforce_scope: enforceScope, enforce_new_defaults: enforceNewDefaults } = settings.oslo_policy
  const rules = policy({ defaults: policies, overrides: wish.overrides, enforceScope, enforceNewDefaults })
  for (const warning of rules.warnings) log.warn(warning)
  const outside = openDrivers(wish)
  const { logics, labours } = build(wish, { db, tasks, rules, ...outside })
  const recovered = await logics.content.recover({ requestId: `req-${chance.uuid()}`, why: 'uploads that a stop interrupted' })
  if (recovered > 0) log.warn(`${recovered} images wait for their data again: it had not all come when this host stopped`)
  const worker = tasks.work(labours)
  const sweeping = sweepNowAndThen(wish, logics)
  const accepted = accepting()
  const door = await openDoor({
    name: 'glance-api',
    versions,
    microversions: undefined,
    endpoints: routes(logics),
    spell: problem => spellFor(problem, accepted.current()),
    policy: rules as Policy,
    authenticate: authenticator(wish.tokens, 'image'),
    clock,
    chance,
    log,
    requestIdHeaders: [],
    trustProxy: settings.oslo_middleware.enable_proxy_headers_parsing,
    bodyLimit: 1_048_576,
    ...wish.door,
    onServed: served => {
      metrics?.count('glance-api', served)
      log.info(...accessLine(served))
    },
  })
  return {
    door,
    answer: (request, response) => accepted.during(request.headers.accept, () => door.routing(request, response)),
    database: db,
    finder: imageFinder(logics),
    guestImage: guestImage({
      ...logics,
      maker: guestMaker({ dir: wish.homeDir, cacheDir: wish.guestCacheDir ?? `${wish.homeDir}/guest-cache`, program: wish.guestProgram }),
      cause: () => ({ requestId: `req-${chance.uuid()}`, why: 'a new cloud gets an image to boot' }),
    }),
    health: async () => [],
    close: async () => {
      sweeping.stop()
      await door.close()
      await worker.stop()
      await tasks.close()
      await outside.hashing.close()
      await db.close()
    },
  }
}

interface Outside {
  readonly intake: Intake
  readonly hashing: ReturnType<typeof hashers>
  readonly web: Web
  readonly staging: StagingArea
  readonly stores: StoreLogic
}

/** Files, threads and the network. */
function openDrivers({ settings, homeDir, ownPorts = [] }: ImageWish): Outside {
  const { image_format: format, import_filtering_opts: filter, DEFAULT: general } = settings
  const algorithm = general.hashing_algorithm
  const hashing = hashers(['md5', algorithm])
  const reaching = web({
    schemes: { allowed: filter.allowed_schemes, disallowed: filter.disallowed_schemes },
    hosts: { allowed: filter.allowed_hosts, disallowed: filter.disallowed_hosts },
    ports: { allowed: filter.allowed_ports, disallowed: filter.disallowed_ports },
    ownPorts,
  })
  return {
    hashing,
    web: reaching,
    staging: stagingArea(general.node_staging_uri?.replace(/^file:\/\//, '').replace(/\/+$/, '') ?? `${homeDir}/staging`),
    stores: storeLogic(openStores(settings, reaching)),
    intake: intake(hashing, {
      algorithm,
      mustMatch: format.require_image_format_match,
      unrecognizedLimit: format.unrecognized_limit,
      maxVirtualBytes: general.max_virtual_size,
      vmdkTypes: format.vmdk_allowed_types,
    }),
  }
}

function openStores({ DEFAULT: { enabled_backends }, glance_store: said }: ImageWish['settings'], reaching: Web): readonly OpenStore[] {
  const named = enabled_backends.map(one => one.split(':').map(word => word.trim()))
  const usual = said.default_backend ?? named.find(([, type]) => type !== 'http')?.[0]
  const dirs = new Map(said.filesystem_store_datadirs.map(one => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)]))
  return named.map(([id = '', type = 'file']) => {
    if (type !== 'file' && type !== 'http')
      throw new Error(`[DEFAULT] enabled_backends = ${id}:${type}: a store is of the type file or http`)
    const dir = dirs.get(id) ?? (id === usual ? said.filesystem_store_datadir : `/var/lib/glance/${id}`)
    const properties = type === 'http' ? {} : { data_dir: dir, chunk_size: 2 ** 20, thin_provisioning: false }
    const store = { id, type, description: '', isDefault: id === usual, isReadOnly: type === 'http', properties } as const
    return { store, driver: type === 'http' ? httpStore(reaching) : fileStore(dir) }
  })
}

interface Inside extends Outside {
  readonly db: Database<Tables>
  readonly tasks: Tasks<Tables>
  readonly rules: Policy<keyof typeof policies>
}

function build(
  { settings, clock, chance, host, homeDir: _, ...wish }: ImageWish,
  { db, tasks, rules, intake, web: reaching, staging, stores }: Inside,
) {
  const { DEFAULT: general } = settings
  const write = db.transaction
  const viewerOf = (caller: Caller): Viewer => ({
    projectId: caller.projectId,
    userId: caller.userId,
    roles: [...caller.roles, ...(caller.serviceRoles ?? [])],
    isAdmin: rules.check('context_is_admin', caller),
  })
  const quotas = quotaLogic({ store: quotaStore(db), quotas: settings.quota })
  const forget: ImageRooms['forget'] = async (tx, { id: imageId, locations }, cause) => {
    await tasks.record(tx, forgetData, { key: imageId, input: { imageId, locations }, deadlineMs: labourDeadlineMs, cause })
  }
  const made = { store: imageStore(db), write, clock, quotas, forget }
  const data = imageDataLogic({ ...made, host })
  const images = imageLogic({ ...made, chance, protection: protectionOf(settings, wish.overrides), limits: limitsOf(settings, stores) })
  const members = memberLogic({ store: memberStore(db), write, clock, maxMembers: general.image_member_quota })
  const imageTasks = imageTaskLogic({
    store: imageTaskStore(db),
    write,
    clock,
    keepMs: settings.task.task_time_to_live * 3_600_000,
    maxPageLength: general.api_limit_max,
  })
  const content = contentLogic({ data, stores, staging, intake, maxBytes: general.image_size_cap })
  const imports = importLogic({
    data,
    tasks: imageTasks,
    stores,
    quotas,
    web: reaching,
    write,
    chance,
    methods: general.enabled_import_methods,
    labour: async (tx, input, cause) => {
      await tasks.record(tx, importImage, { key: input.imageId, input, deadlineMs: labourDeadlineMs, cause })
    },
  })
  const logics: Logics = {
    images,
    members,
    namespaces: namespaceLogic({ store: namespaceStore(db), write, clock, maxPageLength: general.api_limit_max }),
    content,
    data,
    imports,
    quotas,
    stores,
    tasks: imageTasks,
    changes: db.changes,
    viewerOf,
    importMethods: general.enabled_import_methods,
    storeIds: stores.list().map(({ id }) => id),
    usualPageLength: general.limit_param_default,
    formats: {
      disks: settings.image_format.disk_formats,
      containers: settings.image_format.container_formats,
      mayHaveMore: general.allow_additional_image_properties,
    },
    showing: {
      showsStores: general.enabled_backends.length > 0,
      showsDirectUrl: general.show_image_direct_url,
      showsLocations: general.show_multiple_locations,
    },
  }
  const labours = [
    labour(forgetData, {
      removeData: async ({ url, store }) => {
        if (store !== null) await stores.find(store)?.driver.remove(url)
      },
      removeStaged: staging.remove,
    }),
    labour(importImage, {
      intake,
      web: reaching,
      staging,
      storeNamed: id => stores.find(id)?.driver,
      storeOf: url => stores.storeOf(url)?.driver,
      maxBytes: general.image_size_cap,
      tasks: imageTasks,
      image: (id, cause) => ({
        find: data.find,
        imported: (facts, location, isUsable): Promise<Image | undefined> => data.imported(id, facts, location, isUsable, cause),
        notImported: storeId => data.notImported(id, storeId, cause),
        endImport: end => data.endImport(id, end, cause),
      }),
    }),
  ]
  return { logics, labours }
}

const limitsOf = ({ DEFAULT: general }: ImageWish['settings'], stores: StoreLogic) => ({
  maxPageLength: general.api_limit_max,
  maxProperties: general.image_property_quota,
  maxTags: general.image_tag_quota,
  maxLocations: general.image_location_quota,
  locations: {
    areShown: general.show_multiple_locations,
    hashAlgorithm: general.hashing_algorithm,
    hashLength: { sha512: 128, sha256: 64, sha384: 96, 'sha3-256': 64, 'sha3-512': 128 }[general.hashing_algorithm],
    storeOf: (url: string) => {
      const found = stores.storeOf(url)
      return found && { id: found.store.id, isOutside: found.store.type === 'http' }
    },
  },
})

/** In the format `policies` the file names rules of the operator's policy file. */
function protectionOf(
  { DEFAULT: { property_protection_file: file, property_protection_rule_format: format } }: ImageWish['settings'],
  overrides: Overrides | undefined,
): PropertyProtection {
  if (file === undefined) return noProtection
  const named = policy({
    defaults: {
      ...policies,
      ...Object.fromEntries(Object.keys(overrides?.rules ?? {}).map(name => [name, { rule: '!', about: 'of the operator' }])),
    },
    overrides,
  })
  return protectionIn(file, {
    format,
    isAllowedBy: (rule, { projectId, userId, roles }) =>
      named.names.includes(rule as never) && named.check(rule as never, { projectId, userId, roles }),
  })
}

/** What nobody asked for and nobody finished goes: halves of uploads, tasks that ended long ago. */
function sweepNowAndThen({ clock, chance, log }: ImageWish, { stores, tasks }: Pick<Logics, 'stores' | 'tasks'>) {
  const stopping = new AbortController()
  const sweep = async () => {
    for (const { id } of stores.list()) await stores.find(id)?.driver.sweepOlderThan(abandonedMs)
    await tasks.forgetOld({ requestId: `req-${chance.uuid()}`, why: 'forget tasks that ended long ago' })
  }
  const again = () => {
    const timer = clock.after(lookEveryMs, () => {
      sweep().catch((error: unknown) => log.warn('leftovers could not be swept', { error }))
      again()
    })
    stopping.signal.addEventListener('abort', () => timer.stop(), { once: true })
  }
  again()
  return { stop: () => stopping.abort() }
}
