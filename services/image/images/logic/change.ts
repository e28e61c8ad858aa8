import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Image, Viewer, Visibility } from '../image.ts'
import type { ImageQuotas } from './limits.ts'
import { addLocation, type LocationRules, removeLocation, replaceLocations } from './locations.ts'

/** One operation on one attribute; `path` has a second part only below `locations`. */
export interface Change {
  readonly act: 'add' | 'replace' | 'remove'
  readonly path: readonly [string, ...string[]]
  /** Already checked against what the attribute may be. */
  readonly value: unknown
  /** The older media type refuses to add what is there. */
  readonly mustBeNew: boolean
}

export interface ChangeRules extends ImageQuotas {
  readonly locations: LocationRules
}

interface Making extends ChangeRules {
  readonly viewer: Viewer
  allows(act: 'create' | 'update' | 'delete', property: string): boolean
}

const onlyQueued = ['queued', 'importing']

/** The attributes that a client may set: how each is written into the image. */
const setters: Readonly<Record<string, (image: Image, value: never) => Partial<Image>>> = {
  name: (_, name: string | null) => ({ name }),
  visibility: (_, visibility: Visibility) => ({ visibility }),
  protected: (_, isProtected: boolean) => ({ isProtected }),
  os_hidden: (_, isHidden: boolean) => ({ isHidden }),
  owner: (_, owner: string | null) => ({ owner }),
  min_disk: (_, minDiskGb: number) => ({ minDiskGb: notNegative('min_disk', minDiskGb) }),
  min_ram: (_, minRamMb: number) => ({ minRamMb: notNegative('min_ram', minRamMb) }),
  tags: (_, tags: readonly string[]) => ({ tags: [...new Set(tags)].sort() }),
  disk_format: ({ status }, diskFormat: string | null) => ({ diskFormat: whileQueued('disk_format', status, diskFormat) }),
  container_format: ({ status }, containerFormat: string | null) => ({
    containerFormat: whileQueued('container_format', status, containerFormat),
  }),
}

function notNegative(name: string, value: number): number {
  if (value < 0) throw new Refusal('invalid', `Invalid value '${value}' for parameter '${name}': Cannot be a negative value`)
  return value
}

function whileQueued(name: string, status: string, value: string | null): string | null {
  if (!onlyQueued.includes(status)) throw new Refusal('forbidden', `Attribute ${name} can be only replaced for a queued image.`)
  return value
}

/** The image with one change made, or a refusal. */
export function changed(image: Image, change: Change, making: Making): Image {
  const [name] = change.path
  if (name === 'locations') return changedLocations(image, change, making)
  if (Object.hasOwn(setters, name)) return { ...image, ...changedAttribute(image, change, making) }
  return { ...image, properties: changedProperties(image, change, making) }
}

function changedAttribute(image: Image, { act, path: [name], value, mustBeNew }: Change, { viewer }: Making): Partial<Image> {
  if (act === 'remove') throw new Refusal('forbidden', `Property ${name} may not be removed.`)
  if (act === 'add' && mustBeNew) throw new Refusal('conflict', `Property ${name} already present.`)
  if (name === 'owner' && !viewer.isAdmin) throw new Refusal('forbidden', "Owner can't be updated by non admin.")
  return setters[name]?.(image, value as never) ?? {}
}

function changedProperties({ properties }: Image, { act, path: [name], value, mustBeNew }: Change, { allows }: Making) {
  const isThere = Object.hasOwn(properties, name)
  const refuseProtected = () => new Refusal('forbidden', `Attribute '${name}' is reserved.`)
  if (act !== 'add' && !isThere) throw new Refusal('conflict', `Property ${name} does not exist.`)
  if (act === 'remove') {
    if (!allows('delete', name)) throw refuseProtected()
    const { [name]: _, ...rest } = properties
    return rest
  }
  if (act === 'add' && isThere && mustBeNew) throw new Refusal('conflict', `Property ${name} already present.`)
  if (!allows(isThere ? 'update' : 'create', name)) throw refuseProtected()
  return { ...properties, [name]: value as string }
}

function changedLocations(image: Image, { act, path: [, at], value }: Change, { locations: rules }: Making): Image {
  if (act === 'replace') return replaceLocations(image, value as never, rules)
  if (act === 'add') return addLocation(image, at, value as never, rules)
  return removeLocation(image, at, rules)
}
