import { Refusal } from '@kilonova/platform/refusal.ts'
import type { SchedulerSettings } from '../options.ts'
import type { HostState } from '../scheduler/host.ts'
import type { Filter, Weigher } from '../scheduler/request.ts'

type Rules = SchedulerSettings['metrics']

/** `name=1.0`, as many as there are. */
function ratiosOf({ weight_setting: said }: Rules): readonly (readonly [name: string, ratio: number])[] {
  return said.map(one => {
    const [, name, number = ''] = /^([^=]+)=(.+)$/.exec(one) ?? []
    const ratio = Number(number)
    if (name === undefined || !Number.isFinite(ratio))
      throw new Refusal('invalid', `[metrics] weight_setting: ${one} is not of the form name=1.0.`)
    return [name.trim(), ratio] as const
  })
}

/** Hosts that tell all the metrics which count. */
export function metricsFilter(rules: Rules): Filter {
  const names = ratiosOf(rules).map(([name]) => name)
  return {
    name: 'MetricsFilter',
    objection({ facts: { metrics = {} } }) {
      const missing = names.filter(name => metrics[name] === undefined)
      return missing.length === 0 ? undefined : { kind: 'capabilities', says: `it does not measure ${missing.join(', ')}` }
    },
  }
}

/** What a host measures, each metric times what it counts. */
export function metricsWeigher(rules: Rules): Weigher {
  const ratios = ratiosOf(rules)
  return {
    name: 'MetricsWeigher',
    option: 'metrics_weight_multiplier',
    multiplier: rules.weight_multiplier,
    weigh(host) {
      const missing = ratios.find(([name, ratio]) => host.facts.metrics?.[name] === undefined && (rules.required || ratio !== 0))
      if (missing && rules.required) throw unmeasured(host, missing[0])
      if (missing) return rules.weight_of_unavailable
      return ratios.reduce((sum, [name, ratio]) => sum + (host.facts.metrics?.[name] ?? 0) * ratio, 0)
    },
  }
}

const unmeasured = ({ host, facts }: HostState, name: string) =>
  new Refusal('not-found', `Metric ${name} could not be found on the compute host node ${host}.${facts.nodeName}.`, {
    code: 'ComputeHostMetricNotFound',
  })
