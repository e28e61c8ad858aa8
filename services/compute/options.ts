import { metadataOptions } from './metadata-service/options.ts'
import { schedulerOptions } from './scheduler/options.ts'

export { metadataOptions } from './metadata-service/options.ts'
export { schedulerOptions } from './scheduler/options.ts'

/** Everything an operator may say about compute. */
export const computeOptions = [metadataOptions, schedulerOptions] as const
