import type { Defect } from '../../contract/observation.ts'
import type { PortWiring } from '../../contract/wiring.ts'
import { tapOf } from '../../contract/names.ts'
import type { Desired } from '../desired/desired.ts'
import { chainOf, ruleText } from '../filter/port-chains.ts'
import { filterTables } from '../filter/tables.ts'
import { frameDefects } from './frames.ts'
import { rulesIn, spelled } from './lines.ts'
import { defect } from './links.ts'
import type { SeenFilter, SeenLink } from './seen.ts'

type Version = 4 | 6

/** The packet filter as it was loaded. A chain that lacks its end guards nobody; one that has it and lacks a rule lets too little pass. */
export function filterDefects(desired: Desired, seen: SeenFilter, links: ReadonlyMap<string, SeenLink>): readonly Defect[] {
  if (desired.bridges.length === 0) return []
  return [
    ...([4, 6] as const).flatMap(version => versionDefects(desired, version, rulesIn(version === 4 ? seen.v4 : seen.v6))),
    ...frameDefects(desired, seen.frames, links),
    ...setDefects(desired, seen.sets),
  ]
}

function versionDefects(desired: Desired, version: Version, has: readonly string[]): readonly Defect[] {
  const { filter } = desired
  const { prefix } = filter
  const seen = new Set(has)
  const tool = version === 4 ? 'iptables' : 'ip6tables'
  const remedy = `the agent loads the chains ${prefix}-* of ${tool} anew`
  const hook = `filter -A FORWARD -j ${prefix}-FORWARD`
  if (!seen.has(hook)) {
    const what = `FORWARD of ${tool} does not lead into ${prefix}-FORWARD: no security group is looked at`
    return [defect({ subject: 'firewall', part: 'guard', where: 'FORWARD', what, remedy, stops: false })]
  }
  const wanted = filterTables({ ...filter, zones: new Map() }, version)
  const wantedRules = new Set(
    wanted.flatMap(({ name, chains }) => chains.flatMap(c => c.rules.map(rule => `${name} ${spelled(`-A ${c.name} ${rule}`)}`))),
  )
  const [missing, extra] = [[...wantedRules].filter(rule => !seen.has(rule)), has.filter(rule => !wantedRules.has(rule))]
  const drops = extra.filter(rule => / -j (DROP|REJECT)\b/.test(rule))
  return filter.ports
    .filter(port => port.hasPortSecurity)
    .flatMap(port => [
      ...jumpDefects(port, { prefix, missing, tool, remedy }),
      ...chainDefects(port, { desired, version, missing, tool, remedy }),
      ...drops.filter(rule => isOf(rule, prefix, port)).map(rule => strangeDrop(rule, port, prefix, tool)),
    ])
    .concat(
      drops
        .filter(rule => new RegExp(`^filter -A ${prefix}-(FORWARD|sg-chain) `).test(rule))
        .map(rule => strangeDrop(rule, undefined, prefix, tool)),
    )
}

interface Missing {
  readonly prefix: string
  readonly missing: readonly string[]
  readonly tool: string
  readonly remedy: string
}

const isOf = (rule: string, prefix: string, { id }: PortWiring) =>
  (['i', 'o', 's'] as const).some(direction => rule.startsWith(`filter -A ${chainOf(prefix, direction, id)} `))

/** Without its jump a cable is not led into its port's chain, and what is led nowhere is accepted. */
function jumpDefects(port: PortWiring, { prefix, missing, tool, remedy }: Missing): readonly Defect[] {
  const tap = tapOf(port.id)
  const lost = missing.find(rule => rule.includes(`--physdev-in ${tap} `) || rule.includes(`--physdev-out ${tap} `))
  if (lost === undefined) return []
  const chain = lost.split(' ')[2] ?? prefix
  const what = `${chain} of ${tool} does not lead ${tap} into its port's chains: nothing is filtered there`
  return [defect({ subject: port.id, part: 'guard', where: chain, what, remedy, stops: false })]
}

function chainDefects(
  port: PortWiring,
  { desired, version, missing, tool, remedy }: Omit<Missing, 'prefix'> & { desired: Desired; version: Version },
) {
  const { prefix, groups } = desired.filter
  const mine = groups.filter(group => port.securityGroups.includes(group.id)).flatMap(group => group.rules)
  return (['i', 'o', 's'] as const).flatMap((direction): readonly Defect[] => {
    const chain = chainOf(prefix, direction, port.id)
    const start = `filter -A ${chain} `
    const lost = missing.filter(rule => rule.startsWith(start)).map(rule => rule.slice(start.length))
    if (lost.length === 0) return []
    const of = { subject: port.id, where: chain, remedy }
    if (lost.includes(direction === 's' ? '-j DROP' : `-j ${prefix}-sg-fallback`))
      return [defect({ ...of, part: 'guard', what: `the chain ${chain} of ${tool} has no end: it keeps nothing out`, stops: false })]
    const part = direction === 'i' ? 'filter-in' : direction === 'o' ? 'filter-out' : 'spoof'
    return lost.flatMap(rule => {
      const said = `the chain ${chain} of ${tool} lacks the rule \`${rule}\``
      if (direction === 's') return [defect({ ...of, part, what: said, about: [addressIn(rule)] })]
      if (rule.includes('RELATED,ESTABLISHED'))
        return [defect({ ...of, part: 'answers', what: `${said}, which lets answers through`, about: [direction] })]
      const line = `-A ${chain} ${rule}`
      const ids = mine
        .filter(one => one.etherType === `IPv${version}` && spelled(`-A ${chain} ${ruleText(one, version)}`) === line)
        .map(({ id }) => id)
      return ids.length === 0 ? [defect({ ...of, part, what: said, stops: false })] : [defect({ ...of, part, what: said, about: ids })]
    })
  })
}

const addressIn = (rule: string) => /^-s (\S+?)(?:\/(?:32|128))? /.exec(rule)?.[1] ?? ''

function strangeDrop(rule: string, port: PortWiring | undefined, prefix: string, tool: string): Defect {
  const [, , chain = ''] = rule.split(' ')
  const words = rule.slice('filter '.length)
  const part = !port
    ? 'guard'
    : chain === chainOf(prefix, 'i', port.id)
      ? 'filter-in'
      : chain === chainOf(prefix, 'o', port.id)
        ? 'filter-out'
        : 'spoof'
  return defect({
    ...{ subject: port?.id ?? 'firewall', part, where: chain, what: `${tool} drops by \`${words}\`, which no security group says` },
    remedy: `${tool} ${words.replace(/^-A/, '-D')}`,
  })
}

/** As much of the set's id as fits into a name. */
const idIn = (name: string) => name.replace(/^NIPv[46]/, '')

function setDefects({ sets }: Desired, seen: SeenFilter['sets']): readonly Defect[] {
  return sets.flatMap(({ name, members }) => {
    const has = seen.get(name)
    const missing = members.filter(member => !has?.has(member))
    const extra = [...(has ?? [])].filter(member => !members.includes(member))
    const of = { subject: idIn(name), part: 'set' as const, where: name }
    return [
      ...(missing.length === 0
        ? []
        : [
            defect({
              ...of,
              what: `the set ${name} lacks ${missing.join(', ')}`,
              remedy: `ipset add ${name} ${missing[0]}`,
              about: missing,
            }),
          ]),
      ...(extra.length === 0
        ? []
        : [
            defect({
              ...{ ...of, what: `the set ${name} holds ${extra.join(', ')}, which nobody is any more`, about: extra },
              ...{ remedy: `ipset del ${name} ${extra[0]}`, stops: false },
            }),
          ]),
    ]
  })
}
