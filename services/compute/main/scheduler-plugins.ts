import type { Clock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { askPlugin, Unfit, whyUnfit } from '@kilonova/platform/plugins/ask.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import { ruleOptions } from '../options.ts'
import { isOwnFilter } from '../scheduler/logic/filters/all.ts'
import { allWeighers } from '../scheduler/logic/weighers.ts'
import { freeOf, type HostState, metadataOf } from '../scheduler/scheduler/host.ts'
import type { AddedRules, Filter, Request, Weigher } from '../scheduler/scheduler/request.ts'
import type { PluginOutcome } from './plugins.ts'

/** What a plug-in that adds rules to the scheduler is handed; it imports nothing of ours but types. */
export interface SchedulerWords {
  readonly clock: Clock
  readonly log: Log
  /** What is left of a class of resources on a host: `freeOf(host, 'MEMORY_MB')`. */
  readonly freeOf: typeof freeOf
  /** All that the aggregates of a host say under each key. */
  readonly metadataOf: typeof metadataOf
}

/** What such a plug-in returns: rules under names of their own, which the configuration enables. */
export interface SchedulerExtension {
  readonly filters?: readonly AddedFilter[]
  readonly weighers?: readonly AddedWeigher[]
}

export interface AddedFilter {
  readonly name: string
  /** What speaks against the host, with the numbers, for operators; nothing when nothing does. */
  objection(host: HostState, request: Request): string | undefined
}

export interface AddedWeigher {
  readonly name: string
  /** How much it counts, 1 unless told; aggregates say it for their hosts as `<name>_multiplier`. */
  readonly multiplier?: number
  weigh(host: HostState, request: Request): number
}

export interface SchedulerPlugins extends AddedRules {
  readonly outcomes: readonly PluginOutcome[]
}

/** The rules that plug-ins bring. One that does not fit is logged and left out. */
export async function schedulerPlugins(plugins: readonly Plugin[], { clock, log }: { readonly clock: Clock; readonly log: Log }) {
  const added: { filters: Filter[]; weighers: Weigher[] } = { filters: [], weighers: [] }
  const outcomes: PluginOutcome[] = []
  for (const plugin of plugins) {
    const { name } = plugin
    const words: SchedulerWords = { clock, log: log.child({ plugin: name }), freeOf, metadataOf }
    try {
      const { filters, weighers } = rulesOf(await askPlugin(plugin, words, clock))
      mustBeFree([...filters, ...weighers], added)
      added.filters.push(...filters.map(one => guardedFilter(one, words.log)))
      added.weighers.push(...weighers.map(one => guardedWeigher(one, words.log)))
      const alias = [...filters, ...weighers].map(one => one.name).join(', ')
      outcomes.push({ name, alias })
      log.info(`the plug-in ${name} adds ${alias}`)
    } catch (error) {
      outcomes.push({ name, why: whyUnfit(error) })
      log.error(`the plug-in ${name} is left out: ${whyUnfit(error)}`)
    }
  }
  return { ...added, outcomes } satisfies SchedulerPlugins
}

function rulesOf(said: unknown): { readonly filters: readonly AddedFilter[]; readonly weighers: readonly AddedWeigher[] } {
  if (typeof said !== 'object' || said === null) throw new Unfit('its function returns no rules')
  const { filters = [], weighers = [] } = said as Partial<Record<keyof SchedulerExtension, unknown>>
  mustBeRules('filters', filters, 'objection')
  mustBeRules('weighers', weighers, 'weigh')
  const { length } = [...(filters as []), ...(weighers as [])]
  if (length === 0) throw new Unfit('it has neither filters nor weighers')
  return { filters: filters as readonly AddedFilter[], weighers: weighers as readonly AddedWeigher[] }
}

function mustBeRules(what: string, said: unknown, verb: string): void {
  const isRule = (one: unknown) =>
    typeof one === 'object' &&
    one !== null &&
    'name' in one &&
    typeof one.name === 'string' &&
    /^\w+$/.test(one.name) &&
    typeof Reflect.get(one, verb) === 'function'
  if (!Array.isArray(said) || !said.every(isRule)) throw new Unfit(`its ${what} have not each a name and a function ${verb}`)
}

function mustBeFree(wanted: readonly { readonly name: string }[], added: AddedRules): void {
  const usual = readConfig(ruleOptions, readSources({})).values
  const taken = new Set([...added.filters, ...added.weighers, ...allWeighers(usual)].map(one => one.name))
  for (const { name } of wanted) {
    if (taken.has(name) || isOwnFilter(name, usual)) throw new Unfit(`there is a ${name} already`)
    taken.add(name)
  }
}

/** A filter that errs speaks against the host: better no server than one where it may not be. */
function guardedFilter(filter: AddedFilter, log: Log): Filter {
  const say = once(log, filter.name)
  return {
    name: filter.name,
    objection(host, request) {
      try {
        const said: unknown = filter.objection(host, request)
        if (said === undefined || said === null) return undefined
        if (typeof said === 'string') return { kind: 'rule', says: said }
        throw new TypeError('it answered neither a text nor nothing')
      } catch (error) {
        return { kind: 'rule', says: `it could not be judged: ${say(error)}` }
      }
    },
  }
}

/** A weigher that errs counts for nothing. */
function guardedWeigher(weigher: AddedWeigher, log: Log): Weigher {
  const { name, multiplier = 1 } = weigher
  const say = once(log, name)
  return {
    ...{ name, multiplier, option: `${name}_multiplier` },
    weigh(host, request) {
      try {
        const weight = weigher.weigh(host, request)
        if (Number.isFinite(weight)) return weight
        throw new TypeError('it answered no number')
      } catch (error) {
        say(error)
        return 0
      }
    },
  }
}

/** It is told in the log once: a rule that errs does so for every host. */
function once(log: Log, name: string): (error: unknown) => string {
  let isTold = false
  return error => {
    if (!isTold) log.error(`${name} fails`, { error })
    isTold = true
    return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  }
}
