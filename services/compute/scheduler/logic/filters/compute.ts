import type { Filter } from '../../scheduler/request.ts'
import { capabilityOf } from './capabilities.ts'
import { matches } from './match.ts'

/** Hosts that let servers in and are alive. */
export const computeFilter: Filter = {
  name: 'ComputeFilter',
  objection({ isDisabled, disabledReason, isUp, isForcedDown, seenAt }) {
    if (isDisabled) return { kind: 'disabled', says: `it is disabled${disabledReason === null ? '' : `: ${disabledReason}`}` }
    if (isForcedDown) return { kind: 'down', says: 'it was forced down' }
    return isUp ? undefined : { kind: 'down', says: `it was last heard from at ${seenAt}` }
  },
}

/** Hosts that can what the flavor's extra specs say, under `capabilities:` or without a scope where hosts know the word. */
export const computeCapabilitiesFilter: Filter = {
  name: 'ComputeCapabilitiesFilter',
  objection(host, { flavor }) {
    for (const [key, demand] of Object.entries(flavor.extraSpecs)) {
      const [scope = '', ...rest] = key.split(':')
      const isScoped = rest.length > 0
      if (isScoped && scope !== 'capabilities') continue
      const found = capabilityOf(host, isScoped ? rest : [scope])
      if (found === undefined && !isScoped) continue
      const value = typeof found === 'object' ? JSON.stringify(found) : String(found)
      if (found === undefined || !matches(value, demand))
        return { kind: 'capabilities', says: `${key} is ${found === undefined ? 'not known of it' : value}, “${demand}” wanted` }
    }
    return undefined
  },
}
