import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Image, Location } from '../image.ts'

/** A place as a client names it. */
export interface LocationWish {
  readonly url: string
  readonly metadata: Readonly<Record<string, unknown>>
  readonly validation_data?: ValidationWish | undefined
}

/** What the data is said to hash to, by who puts it where it lies. */
export interface ValidationWish {
  readonly checksum?: string | undefined
  readonly os_hash_algo: string
  readonly os_hash_value: string
}

export interface LocationRules {
  /** Clients are shown the places, and may change them. */
  readonly areShown: boolean
  readonly hashAlgorithm: string
  readonly hashLength: number
  /** Which store's data a URL names; nothing for a URL of no store. Only places outside may be named by clients. */
  storeOf(url: string): { readonly id: string; readonly isOutside: boolean } | undefined
}

const invalidLocation = () => new Refusal('invalid', 'Invalid location')

export function addLocation(image: Image, at: string | undefined, wish: LocationWish, rules: LocationRules): Image {
  mustBeShown('add', rules)
  mustBeIn(['active', 'queued'], 'add', image)
  const validated = validate(image, [wish], rules)
  const position = positionOf(at, image.locations.length, true)
  if (position === undefined) throw new Refusal('invalid', 'Invalid position for adding a location.')
  return taken(image, image.locations.toSpliced(position, 0, fresh(image, wish, rules)), validated)
}

/** What is there may get other metadata, and be in another order; nothing there may go or be another. */
export function replaceLocations(image: Image, wishes: readonly LocationWish[], rules: LocationRules): Image {
  if (wishes.length === 0) throw new Refusal('forbidden', 'Cannot set locations to empty list.')
  mustBeShown('update', rules)
  mustBeIn(['active', 'queued'], 'replace', image)
  const validated = validate(image, wishes, rules)
  const isSame = image.locations.length === wishes.length && image.locations.every(({ url }) => wishes.some(wish => wish.url === url))
  if (image.locations.length > 0 && !isSame) throw new Refusal('invalid', 'Original locations is not empty: the same places must be named.')
  const locations: Location[] = []
  for (const wish of wishes) {
    const known = image.locations.find(({ url }) => url === wish.url)
    if (locations.some(({ url }) => url === wish.url)) throw duplicate(wish.url)
    locations.push(known ? { ...known, metadata: wish.metadata } : fresh({ locations }, wish, rules))
  }
  return taken(image, locations, validated)
}

export function removeLocation(image: Image, at: string | undefined, rules: LocationRules): Image {
  mustBeShown('remove', rules)
  mustBeIn(['active'], 'remove', image)
  if (image.locations.length === 1) throw new Refusal('forbidden', 'Cannot remove last location in the image.')
  const position = positionOf(at, image.locations.length, false)
  if (position === undefined) throw new Refusal('invalid', 'Invalid position for removing a location.')
  return { ...image, locations: image.locations.toSpliced(position, 1) }
}

function mustBeShown(act: string, { areShown }: LocationRules) {
  if (!areShown) throw new Refusal('forbidden', `It's not allowed to ${act} locations if locations are invisible.`)
}

function mustBeIn(allowed: readonly string[], act: string, { status }: Image) {
  if (!allowed.includes(status)) throw new Refusal('conflict', `It's not allowed to ${act} locations if image status is ${status}.`)
}

const duplicate = (url: string) => new Refusal('invalid', `The location ${url} already exists`)

/** A client may name only what lies outside: a path of this host would make any file of it an image. */
function fresh({ locations }: Pick<Image, 'locations'>, { url, metadata }: LocationWish, rules: LocationRules): Location {
  const store = rules.storeOf(url)
  if (!store?.isOutside) throw invalidLocation()
  if (locations.some(one => one.url === url)) throw duplicate(url)
  return { url, store: store.id, metadata }
}

/** With its first place a queued image becomes active, without its data ever being seen. */
function taken(image: Image, locations: readonly Location[], validated: Partial<Image>): Image {
  if (image.status !== 'queued') return { ...image, locations }
  const missing = missingFormats(image)
  if (missing !== undefined) throw new Refusal('invalid', missing)
  return { ...image, ...validated, locations, status: 'active' }
}

export function missingFormats({ diskFormat, containerFormat }: Image): string | undefined {
  const missing = [...(diskFormat ? [] : ['disk_format']), ...(containerFormat ? [] : ['container_format'])]
  if (missing.length === 0) return undefined
  return `${missing.length === 1 ? 'Property' : 'Properties'} ${missing.join(', ')} must be set prior to saving data.`
}

/** Hashes told along agree with each other and with what is known. */
function validate(image: Image, wishes: readonly LocationWish[], { hashAlgorithm, hashLength }: LocationRules): Partial<Image> {
  const known = { checksum: image.checksum, os_hash_algo: image.hashAlgorithm, os_hash_value: image.hashValue }
  const said: Partial<Record<keyof typeof known, string>> = {}
  for (const { validation_data } of wishes)
    for (const [name, value] of Object.entries(validation_data ?? {}) as [keyof typeof known, string][]) {
      if (said[name] !== undefined && said[name] !== value) throw new Refusal('conflict', `Conflicting values for ${name}`)
      said[name] = value
    }
  const news = (Object.keys(said) as (keyof typeof known)[]).filter(name => said[name] !== known[name])
  for (const name of news) if (known[name] !== null) throw new Refusal('conflict', `${name} is already set with a different value`)
  if (news.length === 0) return {}
  if (image.status !== 'queued')
    throw new Refusal('conflict', `New value(s) for ${news.join(', ')} may only be provided when image status is 'queued'`)
  mustBeHexadecimal('checksum', said.checksum, 32, 'md5')
  if (said.os_hash_algo !== hashAlgorithm) throw new Refusal('conflict', `os_hash_algo must be ${hashAlgorithm}, not ${said.os_hash_algo}`)
  mustBeHexadecimal('os_hash_value', said.os_hash_value, hashLength, hashAlgorithm)
  return {
    checksum: said.checksum ?? image.checksum,
    hashAlgorithm: said.os_hash_algo ?? image.hashAlgorithm,
    hashValue: said.os_hash_value ?? image.hashValue,
  }
}

function mustBeHexadecimal(name: string, value: string | undefined, length: number, algorithm: string) {
  if (value === undefined) return
  if (!/^([0-9a-f]{2})*$/i.test(value)) throw new Refusal('conflict', `${name} (${value}) is not a valid hexadecimal value`)
  if (value.length !== length)
    throw new Refusal('conflict', `${name} (${value}) is not the correct size for ${algorithm} (should be ${length / 2} bytes)`)
}

/** `-` is the end; a number is a place. */
function positionOf(at: string | undefined, count: number, isForAdding: boolean): number | undefined {
  if (at === '-') return isForAdding ? count : count - 1
  if (at === undefined || !/^\d{1,9}$/.test(at)) return undefined
  const position = Number(at)
  return isForAdding || position < count ? position : undefined
}
