/** A size of server. */
export interface Flavor {
  readonly id: string
  readonly name: string
  readonly memoryMb: number
  readonly vcpus: number
  readonly diskGb: number
  readonly swapMb: number
  readonly ephemeralGb: number
  readonly description: string | null
}

const flavor = (id: string, name: string, memoryMb: number, vcpus: number, diskGb: number): Flavor => ({
  id,
  name,
  memoryMb,
  vcpus,
  diskGb,
  swapMb: 0,
  ephemeralGb: 0,
  description: null,
})

/** What a new cloud offers, under the names everybody knows. */
export const firstFlavors: readonly Flavor[] = [
  flavor('0', 'm1.nano', 128, 1, 1),
  flavor('1', 'm1.tiny', 512, 1, 1),
  flavor('2', 'm1.small', 2048, 1, 20),
  flavor('3', 'm1.medium', 4096, 2, 40),
  flavor('4', 'm1.large', 8192, 4, 80),
]
