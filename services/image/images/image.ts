import type { ImageStatus } from './states.ts'

/** A disk, kernel or installation medium that servers start from: what is known of it, and where its data lies. */
export interface Image {
  readonly id: string
  readonly name: string | null
  /** The project it belongs to. */
  readonly owner: string | null
  readonly visibility: Visibility
  readonly status: ImageStatus
  readonly diskFormat: string | null
  readonly containerFormat: string | null
  readonly minDiskGb: number
  readonly minRamMb: number
  readonly isProtected: boolean
  readonly isHidden: boolean
  readonly sizeBytes: number | null
  readonly virtualSizeBytes: number | null
  /** MD5, in hexadecimal digits. */
  readonly checksum: string | null
  readonly hashAlgorithm: string | null
  readonly hashValue: string | null
  readonly locations: readonly Location[]
  readonly tags: readonly string[]
  /** What clients added freely, and the notes of imports, whose names begin with `os_glance_`. */
  readonly properties: Readonly<Record<string, string>>
  /** The host whose process receives data for it now. */
  readonly receiver: string | null
  readonly createdAt: string
  readonly updatedAt: string
}

export type Visibility = 'public' | 'community' | 'shared' | 'private'
export const visibilities = ['community', 'public', 'private', 'shared'] as const satisfies readonly Visibility[]

export const memberStatuses = ['pending', 'accepted', 'rejected'] as const
export type MemberStatus = (typeof memberStatuses)[number]

/** One place where the data lies. */
export interface Location {
  readonly url: string
  /** The store that keeps it; none for an address outside. */
  readonly store: string | null
  readonly metadata: Readonly<Record<string, unknown>>
}

/** What was learned of an image's data on its way into a store. */
export interface DataFacts {
  readonly sizeBytes: number
  readonly virtualSizeBytes: number | null
  readonly checksum: string
  readonly hashAlgorithm: string
  readonly hashValue: string
}

/** Who looks at images. */
export interface Viewer {
  readonly projectId: string | undefined
  readonly userId: string | undefined
  /** Sees and may change everything, as far as policy lets them. */
  readonly isAdmin: boolean
  readonly roles: readonly string[]
}

export const idForm = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

/** Names of properties that only the service itself writes. */
export const reservedPrefix = 'os_glance_'

export const notes = {
  task: 'os_glance_import_task',
  importing: 'os_glance_importing_to_stores',
  failed: 'os_glance_failed_import',
} as const

/** What a list may be asked for. */
export interface ListWish {
  readonly viewer: Viewer
  /** How a project that an image is shared with has to have answered. */
  readonly memberStatus: MemberStatus | 'all'
  /** `all`: community images of others too. Left out: as `all`, without those. */
  readonly visibility: Visibility | 'all' | undefined
  readonly isHidden: boolean
  readonly isProtected: boolean | undefined
  readonly owner: string | undefined
  readonly tags: readonly string[]
  /** Fields that are one of several words. */
  readonly oneOf: Readonly<Partial<Record<WordField, readonly string[]>>>
  readonly numbers: readonly NumberFilter[]
  readonly times: readonly TimeFilter[]
  readonly properties: Readonly<Record<string, string>>
  readonly sort: readonly SortKey[]
  readonly after: Image | undefined
  readonly limit: number
}

export const wordFields = ['id', 'name', 'status', 'disk_format', 'container_format', 'checksum', 'os_hash_value', 'os_hash_algo'] as const
export type WordField = (typeof wordFields)[number]
export const numberFields = ['size', 'virtual_size', 'min_ram', 'min_disk'] as const

export interface NumberFilter {
  readonly field: (typeof numberFields)[number]
  readonly is: '=' | '>=' | '<='
  readonly than: number
}

export const comparisons = { gt: '>', gte: '>=', lt: '<', lte: '<=', neq: '!=', eq: '=' } as const

export interface TimeFilter {
  readonly field: 'created_at' | 'updated_at'
  readonly is: (typeof comparisons)[keyof typeof comparisons]
  readonly than: string
}

export const sortFields = ['name', 'status', 'container_format', 'disk_format', 'size', 'id', 'created_at', 'updated_at'] as const

export interface SortKey {
  readonly field: (typeof sortFields)[number]
  readonly way: 'asc' | 'desc'
}

export type PropertyAct = 'create' | 'read' | 'update' | 'delete'

/** What an operator allows whom to do with custom properties. */
export interface PropertyProtection {
  allows(act: PropertyAct, property: string, viewer: Viewer): boolean
}

/** An image, and how the viewer who found it stands to it. */
export interface SeenImage {
  readonly image: Image
  /** The viewer's project, when the image is shared with it. */
  readonly memberId: string | null
}

/** Times are shown to the second. */
export const isoTime = (at: string): string => `${at.slice(0, 19)}Z`

/** Of an image that has no data yet, or no more. */
export const withoutData = {
  status: 'queued',
  sizeBytes: null,
  virtualSizeBytes: null,
  checksum: null,
  hashAlgorithm: null,
  hashValue: null,
  locations: [],
  receiver: null,
} as const satisfies Partial<Image>
