/** A size of server. */
export interface Flavor {
  readonly id: string
  /** By which Nova's own tables call it; never given twice. What a server noted before flavors had numbers lacks it. */
  readonly number?: number | undefined
  readonly name: string
  readonly memoryMb: number
  readonly vcpus: number
  readonly diskGb: number
  readonly swapMb: number
  readonly ephemeralGb: number
  readonly rxtxFactor: number
  readonly isPublic: boolean
  readonly isDisabled: boolean
  readonly description: string | null
  readonly extraSpecs: Readonly<Record<string, string>>
}

/** What a list is narrowed to, and by which field it is sorted. */
export interface FlavorFilter {
  /** Absent: both kinds. */
  readonly isPublic?: boolean | undefined
  /** With `isPublic`: also those this project was given. */
  readonly projectId?: string | undefined
  readonly minMemoryMb: number
  readonly minDiskGb: number
  readonly sortBy: FlavorSort
  readonly isDescending: boolean
}

// biome-ignore format: a table of the wire's words and ours
export const flavorSorts = {
  flavorid: 'id', id: 'number', name: 'name', memory_mb: 'memoryMb', vcpus: 'vcpus', root_gb: 'diskGb', ephemeral_gb: 'ephemeralGb',
  swap: 'swapMb', rxtx_factor: 'rxtxFactor', is_public: 'isPublic', disabled: 'isDisabled', description: 'description',
  created_at: 'number', updated_at: 'number', vcpu_weight: 'number',
} as const satisfies Readonly<Record<string, keyof Flavor>>
export type FlavorSort = (typeof flavorSorts)[keyof typeof flavorSorts]

const flavor = (id: string, name: string, memoryMb: number, vcpus: number, diskGb: number): Flavor => ({
  id,
  name,
  memoryMb,
  vcpus,
  diskGb,
  swapMb: 0,
  ephemeralGb: 0,
  rxtxFactor: 1,
  isPublic: true,
  isDisabled: false,
  description: null,
  extraSpecs: {},
})

/** What a new cloud offers, under the names everybody knows. */
export const firstFlavors: readonly Flavor[] = [
  flavor('0', 'm1.nano', 128, 1, 1),
  flavor('1', 'm1.tiny', 512, 1, 1),
  flavor('2', 'm1.small', 2048, 1, 20),
  flavor('3', 'm1.medium', 4096, 2, 40),
  flavor('4', 'm1.large', 8192, 4, 80),
]
