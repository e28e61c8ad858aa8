import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction, Write } from '../tables.ts'
import {
  type Config,
  configOf,
  type DomainOption,
  isGroup,
  isReadable,
  isSensitive,
  optionsOf,
  readableOf,
  stockDefaults,
  withSecrets,
} from './domain-config.ts'
import type { DomainConfigStore } from './store.ts'

export interface Rooms {
  readonly store: DomainConfigStore
  readonly write: Write
  readonly defaultDomainId: string
  /** What the configuration file says of `security_compliance`, as far as anybody may read it. */
  readonly securityCompliance: { readonly password_regex: string | null; readonly password_regex_description: string | null }
  /** What the configuration file says of the options domains may have; default: the stock defaults. */
  readonly defaults?: Config | undefined
}

/** A whole config, one group of it or one option. */
export interface Part {
  readonly group?: string | undefined
  readonly option?: string | undefined
}

/** What is shown: groups of options, or for one option just that. */
export type Shown = Readonly<Record<string, unknown>>

/** The rules of domains' own options: only known ones, the sensitive ones never shown, and a part is changed only where it was before. */
export function domainConfigLogic({ store, write, defaultDomainId, securityCompliance, defaults = stockDefaults }: Rooms) {
  const mustBeDomain = async (id: string, from?: Transaction['read']) => {
    if (!(await store.findDomain(id, from))) throw new Refusal('not-found', `Could not find domain: ${id}.`)
  }

  return {
    async get(domainId: string, part: Part = {}): Promise<Shown> {
      mustBeSupported(part)
      const options = (await store.list(domainId)).filter(one => isIn(one, part) && !one.isSensitive)
      return options.length > 0 ? shownOf(options, part) : refuseUnknown(domainId, part)
    },

    getDefault(part: Part = {}): Shown {
      mustBeSupported(part)
      const { group, option } = part
      if (group !== undefined && option !== undefined && !isReadable(group, option))
        refuse(`Reading the default for option ${option} in group ${group} is not supported`)
      return shownOf(
        optionsOf(defaults).filter(one => isIn(one, part)),
        part,
      )
    },

    async getSecurityCompliance(domainId: string, option?: string): Promise<Shown> {
      if (domainId !== defaultDomainId)
        refuse('Reading security compliance information for any domain other than the default domain is not allowed or supported.')
      const options = optionsOf({ security_compliance: { ...securityCompliance } }).filter(
        one => option === undefined || one.option === option,
      )
      if (options.length === 0)
        refuse('Reading security compliance values other than password_regex and password_regex_description is not allowed.')
      await mustBeDomain(domainId)
      return shownOf(options, { option })
    },

    /** Instead of what the domain had; says whether that was nothing. */
    replace: (domainId: string, wish: Shown, cause: Cause): Promise<{ config: Shown; isNew: boolean }> =>
      write(cause, async tx => {
        await mustBeDomain(domainId, tx.read)
        const options = optionsOf(mustBeConfig(wish))
        const isNew = (await store.list(domainId, tx.read)).length === 0
        await store.update(tx, domainId, options, isNew ? 'created' : 'updated')
        return { config: readableOf(options), isNew }
      }),

    /** Besides what the domain has. A part must be there already; what the wish holds beside it is refused. */
    update: (domainId: string, wish: Shown, part: Part, cause: Cause): Promise<Shown> =>
      write(cause, async tx => {
        await mustBeDomain(domainId, tx.read)
        const config = mustBeConfig(part.group !== undefined && part.option !== undefined ? { [part.group]: wish } : wish)
        mustBeSupported(part)
        mustBeOnly(config, part)
        const before = await store.list(domainId, tx.read)
        if (part.group !== undefined && !before.some(one => isIn(one, part))) refuseUnknown(domainId, part)
        const wanted = optionsOf(config)
        const after = [...before.filter(one => !wanted.some(other => isSame(one, other))), ...wanted]
        await store.update(tx, domainId, after, 'updated')
        return readableOf(after)
      }),

    delete: (domainId: string, part: Part, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        await mustBeDomain(domainId, tx.read)
        mustBeSupported(part)
        const before = await store.list(domainId, tx.read)
        const after = before.filter(one => !isIn(one, part))
        if (part.group !== undefined && after.length === before.length) {
          const hasGroup = before.some(one => one.group === part.group)
          refuseUnknown(domainId, hasGroup ? part : { group: part.group })
        }
        if (before.length > 0) await store.update(tx, domainId, after, after.length > 0 ? 'updated' : 'deleted')
      }),

    /** With the sensitive options, and these filled into the others: for whoever acts on the config, never for showing. */
    async getWithSecrets(domainId: string): Promise<Config> {
      const options = await store.list(domainId)
      const secrets = Object.fromEntries(options.filter(one => one.isSensitive).map(one => [one.option, one.value]))
      return configOf(
        options.map(one => (typeof one.value === 'string' && !one.isSensitive ? { ...one, value: withSecrets(one.value, secrets) } : one)),
      )
    },

    async forgetDomain(tx: Transaction, domainId: string): Promise<void> {
      if ((await store.list(domainId, tx.read)).length > 0) await store.update(tx, domainId, [], 'deleted')
    },
  }
}

export type DomainConfigLogic = ReturnType<typeof domainConfigLogic>

const isIn = (one: DomainOption, { group, option }: Part) =>
  (group === undefined || one.group === group) && (option === undefined || one.option === option)

const isSame = (one: DomainOption, other: DomainOption) => one.group === other.group && one.option === other.option

function shownOf(options: readonly DomainOption[], { option }: Part): Shown {
  return option === undefined ? configOf(options) : Object.fromEntries(options.map(one => [one.option, one.value]))
}

const refuse = (reason: string): never => {
  throw new Refusal('forbidden', `Invalid domain specific configuration: ${reason}.`)
}

const refuseUnknown = (domainId: string, { group, option }: Part): never => {
  const what = group === undefined ? 'any options' : option === undefined ? `group ${group}` : `option ${option} in group ${group}`
  throw new Refusal('not-found', `Could not find ${what} in domain configuration for domain ${domainId}.`)
}

function mustBeSupported({ group, option }: Part) {
  if (group === undefined) return
  if (!isGroup(group)) refuse(`Group ${group} is not supported for domain specific configurations`)
  if (option !== undefined && !isReadable(group, option) && !isSensitive(group, option))
    refuse(`Option ${option} in group ${group} is not supported for domain specific configurations`)
}

function mustBeConfig(wish: Shown): Config {
  if (Object.keys(wish).length === 0) refuse('No options specified')
  return Object.fromEntries(
    Object.entries(wish).map(([group, options]) => {
      if (!isFilled(options)) return refuse(`The value of group ${group} specified in the config should be a dictionary of options`)
      for (const option of Object.keys(options)) mustBeSupported({ group, option })
      return [group, options]
    }),
  )
}

const isFilled = (options: unknown): options is Readonly<Record<string, unknown>> =>
  typeof options === 'object' && options !== null && !Array.isArray(options) && Object.keys(options).length > 0

/** The wish for a part names that part and nothing else. */
function mustBeOnly(config: Config, { group, option }: Part) {
  if (group === undefined) return
  const [groups, options] = [Object.keys(config), Object.keys(config[group] ?? {})]
  if (option === undefined && groups.length !== 1)
    refuse(`Trying to update group ${group}, so that, and only that, group must be specified in the config`)
  if (option !== undefined && options.length !== 1)
    refuse(`Trying to update option ${option} in group ${group}, so that, and only that, option must be specified  in the config`)
  if (!groups.includes(group)) refuse(`request to update group ${group}, but config provided contains group ${groups[0]} instead`)
  if (option !== undefined && !options.includes(option))
    refuse(`Trying to update option ${option} in group ${group}, but config provided contains option ${options[0]} instead`)
}
