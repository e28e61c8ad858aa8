import { options, type Values } from '@kilonova/platform/config/options.ts'
import { metadataOptions } from './metadata-service/options.ts'
import { quotaOptions } from './quotas/options.ts'
import { schedulerOptions } from './scheduler/options.ts'
import { serverOptions } from './servers/options.ts'

export { metadataOptions } from './metadata-service/options.ts'

/** By which hosts are chosen and projects are bound: read again whenever they are asked for. */
export const ruleOptions = options({
  ...schedulerOptions,
  ...quotaOptions,
  ...serverOptions,
  DEFAULT: { ...schedulerOptions.DEFAULT, ...serverOptions.DEFAULT },
})
export type ComputeRules = Values<typeof ruleOptions>

/** Everything an operator may say about compute. */
export const computeOptions = [metadataOptions, ruleOptions] as const
