import { text } from '@kilonova/platform/config/kinds.ts'
import { options, type Values } from '@kilonova/platform/config/options.ts'
import { metadataOptions, vendorOptions } from './metadata-service/options.ts'
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
  api: { ...serverOptions.api, ...vendorOptions.api },
})
export type ComputeRules = Values<typeof ruleOptions>

/** How compute reaches placement when it is in another process, or another cloud's. */
export const remotePlacementOptions = options({
  placement: {
    auth_url: text({ about: 'where identity is asked for a token: http://controller:5000' }),
    username: text({ about: 'the user under whom compute asks placement' }),
    password: text({ secret: true, about: 'its password' }),
    user_domain_name: text({ default: 'Default', about: 'the name of its domain' }),
    project_name: text({ default: 'service', about: 'the project in which it has its role' }),
    project_domain_name: text({ default: 'Default', about: 'the name of the project’s domain' }),
    endpoint_override: text({ about: 'where placement listens: http://controller:8778' }),
  },
})

/** Everything an operator may say about compute. */
export const computeOptions = [metadataOptions, ruleOptions, remotePlacementOptions] as const
