import type { RequestListener } from 'node:http'
import { authenticator, type TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import type { CloudFacts } from '@kilonova/identity/contract/cloud-facts.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Values } from '@kilonova/platform/config/options.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'
import { accessLine, type DoorMetrics } from '@kilonova/platform/http/metrics.ts'
import { upgradeToChanges } from '@kilonova/platform/http/change-socket.ts'
import { openDoor, type Service } from '@kilonova/platform/http/service.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Overrides } from '@kilonova/platform/policy/overrides.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { openTasks } from '@kilonova/platform/tasks/tasks.ts'
import type { ImageBrowser } from './contract/browse.ts'
import type { ImageFinder } from './contract/find.ts'
import type { ImageKeeper } from './contract/keep.ts'
import { accepting } from './drivers/accepting.ts'
import { guestMaker } from './drivers/guest-maker.ts'
import { spellFor } from './faults.ts'
import { build } from './main/build.ts'
import { imagesAddress } from './contract/remote-images.ts'
import { imagesInbox } from './images/inbox.ts'
import { addDefinitions } from './main/definitions.ts'
import { handedOver } from './drivers/files/handed-over.ts'
import { imageBrowser } from './main/browse.ts'
import { imageFinder } from './main/find.ts'
import { imageKeeper } from './main/keep.ts'
import { type GuestImage, guestImage } from './main/guest-image.ts'
import { openDrivers } from './main/outside.ts'
import { tend } from './main/tending.ts'
import { migrations } from './migrations/all.ts'
import type { imageOptions } from './options.ts'
import { policies } from './policies.ts'
import { changeRules, changesPath, type Logics, routes } from './routes.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export { loadDefinitions } from './main/definitions.ts'
export { imageChecks, imageFiles } from './main/findings.ts'
export { guestImageName } from './main/guest-image.ts'
export { migrations } from './migrations/all.ts'
export { imageOptions } from './options.ts'

export interface ImageWish {
  readonly databaseUrl: string
  readonly tokens: TokenValidator
  /** What identity knows of the cloud; needed for its limits and for imports from other regions. */
  readonly facts?: CloudFacts | undefined
  /** The name of this region. */
  readonly region?: string | undefined
  readonly settings: Values<typeof imageOptions>
  readonly overrides?: Overrides | undefined
  /** Where the service keeps what the settings give no place for. */
  readonly homeDir: string
  /** A database without a history gets the usual catalogs of metadata. */
  readonly beginsWithDefinitions?: boolean | undefined
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
  /** The change log over a WebSocket. */
  readonly upgrade: ReturnType<typeof upgradeToChanges>
  readonly door: Awaited<ReturnType<typeof openDoor>>
  readonly database: Database<Tables>
  /** How the services of this process look at images: by a call. */
  readonly finder: ImageFinder
  /** How they pass on what their callers ask of images. */
  readonly browser: ImageBrowser
  /** How they make images. */
  readonly keeper: ImageKeeper
  /** The image that a new cloud begins with. */
  readonly guestImage: GuestImage
  health(): Promise<readonly string[]>
  close(): Promise<void>
}

/** Data that has not been written to for so long is nobody's any more. */
const abandonedMs = 86_400_000
const lookEveryMs = 3_600_000

/** The image service, Glance v2. */
export async function openImage(wish: ImageWish): Promise<ImageService> {
  const { clock, chance, log, metrics, settings, host } = wish
  const db = wish.database ?? (await openDatabase<Tables>({ url: wish.databaseUrl, service: 'image', migrations, clock, chance, log }))
  if (wish.beginsWithDefinitions && (await db.changes.head()) === 0)
    await addDefinitions(db, {
      clock,
      cause: { requestId: `req-${chance.uuid()}`, why: 'a new cloud gets the usual catalogs of metadata' },
    })
  const tasks = await openTasks({ service: 'image', database: db, clock, chance, log, host, bus: wish.bus })
  const { enforce_scope: enforceScope, enforce_new_defaults: enforceNewDefaults } = settings.oslo_policy
  const rules = policy({ defaults: policies, overrides: wish.overrides, enforceScope, enforceNewDefaults })
  for (const warning of rules.warnings) log.warn(warning)
  const outside = openDrivers(wish)
  const { logics, labours, caching } = build(wish, { db, tasks, rules, ...outside })
  const recovered = await logics.content.recover({ requestId: `req-${chance.uuid()}`, why: 'uploads that a stop interrupted' })
  if (recovered > 0) log.warn(`${recovered} images wait for their data again: it had not all come when this host stopped`)
  const worker = tasks.work(labours)
  const chores = [sweep(wish, logics), ...caching]
  for (const one of caching) one.soon()
  const accepted = accepting()
  const service: Service = {
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
  }
  const door = await openDoor(service)
  const near = {
    finder: imageFinder(logics),
    browser: imageBrowser(logics),
    keeper: imageKeeper({ ...logics, files: handedOver }),
  }
  const serving = await wish.bus?.serve(imagesAddress, imagesInbox(near))
  return {
    ...near,
    door,
    upgrade: upgradeToChanges({ ...service, path: changesPath, changes: db.changes, rules: changeRules }),
    answer: (request, response) => accepted.during(request.headers.accept, () => door.routing(request, response)),
    database: db,
    guestImage: guestImage({
      ...logics,
      maker: guestMaker({ dir: wish.homeDir, cacheDir: wish.guestCacheDir ?? `${wish.homeDir}/guest-cache`, program: wish.guestProgram }),
      cause: () => ({ requestId: `req-${chance.uuid()}`, why: 'a new cloud gets an image to boot' }),
    }),
    health: async () => [],
    close: async () => {
      await Promise.all(chores.map(one => one.stop()))
      await serving?.stop()
      await door.close()
      await worker.stop()
      await tasks.close()
      await outside.hashing.close()
      await db.close()
    },
  }
}

/** What nobody asked for and nobody finished goes: halves of uploads, tasks that ended long ago. */
const sweep = (wish: ImageWish, { stores, tasks }: Pick<Logics, 'stores' | 'tasks'>) =>
  tend(wish, {
    why: 'forget what nobody finished',
    everyMs: lookEveryMs,
    async work(cause) {
      for (const { id } of stores.list()) await stores.find(id)?.driver.sweepOlderThan(abandonedMs)
      await tasks.forgetOld(cause)
    },
  })
