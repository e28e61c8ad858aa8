import { freshness } from '@kilonova/platform/changes/freshness.ts'
import { remembering } from '@kilonova/platform/changes/remembering.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import type { Overrides } from '@kilonova/platform/policy/overrides.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { labour } from '@kilonova/platform/tasks/task.ts'
import type { Tasks } from '@kilonova/platform/tasks/tasks.ts'
import { cacheLogic } from '../cache/logic.ts'
import { tendCache } from '../cache/reconcilers/fetch.ts'
import { contentLogic } from '../content/logic.ts'
import { noProtection, protectionIn } from '../drivers/property-protection.ts'
import type { Image, PropertyProtection, Viewer } from '../images/image.ts'
import { imageDataLogic } from '../images/logic/data.ts'
import { imageLogic, type Rooms as ImageRooms } from '../images/logic/images.ts'
import { imageStore, touchesImages } from '../images/store/store.ts'
import { forgetData } from '../images/tasks/forget.ts'
import { imageTaskLogic } from '../image-tasks/logic.ts'
import { imageTaskStore } from '../image-tasks/store.ts'
import { importLogic } from '../imports/logic.ts'
import { importImage } from '../imports/tasks/import.ts'
import type { ImageWish } from '../main.ts'
import { memberLogic } from '../members/logic.ts'
import { memberStore } from '../members/store.ts'
import { namespaceLogic } from '../namespaces/logic.ts'
import { namespaceStore } from '../namespaces/store.ts'
import { policies } from '../policies.ts'
import { quotaLogic } from '../quotas/logic.ts'
import { type QuotaLimits, type QuotaName, quotaNames } from '../quotas/quota.ts'
import { quotaStore } from '../quotas/store.ts'
import type { Logics } from '../routes.ts'
import type { StoreLogic } from '../stores/logic.ts'
import type { Tables } from '../tables.ts'
import type { Outside } from './outside.ts'
import { tend } from './tending.ts'

/** So many images are remembered, however many lists they are in. */
const mostRemembered = 20_000
/** A day: images of hundreds of gigabytes come over slow lines. */
const labourDeadlineMs = 86_400_000
const cacheEveryMs = 600_000

interface Inside extends Outside {
  readonly db: Database<Tables>
  readonly tasks: Tasks<Tables>
  readonly rules: Policy<keyof typeof policies>
}

export function build(
  wish: ImageWish,
  { db, tasks, rules, intake, web: reaching, regions, lent, staging, stores, cache, cachesDownloads }: Inside,
) {
  const { settings, clock, chance, host } = wish
  const { DEFAULT: general } = settings
  const write = db.transaction
  const viewerOf = (caller: Caller): Viewer => ({
    projectId: caller.projectId,
    userId: caller.userId,
    roles: [...caller.roles, ...(caller.serviceRoles ?? [])],
    isAdmin: rules.check('context_is_admin', caller),
  })
  const quotas = quotaLogic({ store: quotaStore(db), limits: quotaLimitsOf(wish) })
  const forget: ImageRooms['forget'] = async (tx, { id: imageId, locations }, cause) => {
    await tasks.record(tx, forgetData, { key: imageId, input: { imageId, locations }, deadlineMs: labourDeadlineMs, cause })
  }
  const memory = remembering(freshness(db.changes), {
    touches: touchesImages,
    most: mostRemembered,
    weigh: found => (Array.isArray(found) ? found.length : 1),
  })
  const made = { store: imageStore(db, memory), write, clock, quotas, forget }
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
  const content = contentLogic({ data, stores, staging, intake, cache, cachesDownloads, maxBytes: general.image_size_cap })
  const caching = cache
    ? [
        tend(wish, {
          why: 'bring queued images into the cache',
          everyMs: cacheEveryMs,
          // NOTE: who has just queued an image looks whether it is queued, Tempest for one.
          afterMs: 500,
          work: cause => tendCache({ cache, find: data.find, open: content.open, log: wish.log }, cause),
        }),
      ]
    : []
  const imports = importLogic({
    data,
    images,
    tasks: imageTasks,
    stores,
    quotas,
    web: reaching,
    lent,
    write,
    chance,
    methods: general.enabled_import_methods,
    labour: async (tx, input, cause) => {
      await tasks.record(tx, importImage, { key: input.imageId, input, deadlineMs: labourDeadlineMs, cause })
    },
  })
  const logics: Logics = {
    images,
    managesCache: settings.paste_deploy.flavor.includes('cachemanagement'),
    cache: cacheLogic({
      cache,
      fetchSoon: () => {
        for (const one of caching) one.soon()
      },
    }),
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
      async removeStaged(id) {
        await staging.remove(id)
        await cache?.drop(id)
      },
    }),
    labour(importImage, {
      intake,
      web: reaching,
      regions,
      lent,
      staging,
      storeNamed: id => stores.find(id)?.driver,
      storeOf: url => stores.storeOf(url)?.driver,
      maxBytes: general.image_size_cap,
      quotas,
      tasks: imageTasks,
      image: (id, cause) => ({
        find: data.find,
        adopt: (facts): ReturnType<typeof data.adopt> => data.adopt(id, facts, cause),
        discard: () => data.discard(id, cause),
        restore: before => data.restore(id, before, cause),
        imported: (facts, location, isUsable): Promise<Image | undefined> => data.imported(id, facts, location, isUsable, cause),
        notImported: storeId => data.notImported(id, storeId, cause),
        endImport: end => data.endImport(id, end, cause),
      }),
    }),
  ]
  return { logics, labours, caching }
}

/** What the configuration says, or the limits of the identity service. */
function quotaLimitsOf({ settings: { quota, DEFAULT: general }, facts, region = 'RegionOne' }: ImageWish): QuotaLimits {
  if (!general.use_keystone_limits) return { of: async () => quota }
  if (!facts) throw new Error('[DEFAULT] use_keystone_limits: there is no identity service to ask')
  return {
    async of(projectId) {
      const found = await facts.limitsOf({ projectId, serviceType: 'image', region })
      return Object.fromEntries(quotaNames.map(name => [name, found.get(name) ?? 0])) as Record<QuotaName, number>
    },
  }
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
