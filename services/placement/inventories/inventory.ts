/** What a provider has of one resource class, and on which terms it is given. */
export interface Inventory extends Terms {
  readonly providerUuid: string
  readonly resourceClass: string
  /** The sum of all allocations from it. */
  readonly used: number
  readonly changedAt: number
}

export interface Terms {
  readonly total: number
  /** Kept back from everybody. */
  readonly reserved: number
  /** The least and the most that one consumer gets, and the step between. */
  readonly minUnit: number
  readonly maxUnit: number
  readonly stepSize: number
  /** How often what is there may be given. */
  readonly allocationRatio: number
}

export const largestAmount = 0x7fff_ffff

export const usualTerms: Omit<Terms, 'total'> = { reserved: 0, minUnit: 1, maxUnit: largestAmount, stepSize: 1, allocationRatio: 1 }

/** What may be given in all: the bound that allocations are held to. */
export const capacityOf = ({ total, reserved, allocationRatio }: Pick<Terms, 'total' | 'reserved' | 'allocationRatio'>): number =>
  (total - reserved) * allocationRatio

/** Whether one consumer may get this amount at all. */
export const fitsUnits = ({ minUnit, maxUnit, stepSize }: Pick<Terms, 'minUnit' | 'maxUnit' | 'stepSize'>, amount: number): boolean =>
  amount >= minUnit && amount <= maxUnit && amount % stepSize === 0

/** Whether so much is left, and may be given to one consumer. */
export const hasRoomFor = (inventory: Terms & { readonly used: number }, amount: number): boolean =>
  inventory.used + amount <= capacityOf(inventory) && fitsUnits(inventory, amount)

export const inUseCode = 'placement.inventory.inuse'
