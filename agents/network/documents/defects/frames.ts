import { tapOf } from '../../contract/names.ts'
import type { Defect } from '../../contract/observation.ts'
import type { Desired } from '../desired/desired.ts'
import { frameTable } from '../filter/frames.ts'
import { defect } from './links.ts'
import type { SeenLink } from './seen.ts'

/** The table of frames: who speaks under another's MAC address, and cables that nobody told of. */
export function frameDefects({ filter }: Pick<Desired, 'filter'>, seen: string, links: ReadonlyMap<string, SeenLink>): readonly Defect[] {
  const name = 'frames'
  const remedy = 'the agent loads the table anew'
  const of = { part: 'guard' as const, where: `the table of frames`, remedy }
  if (seen === '') {
    const what = 'the table of frames is not loaded: guests may speak under the MAC address of another'
    return [defect({ ...of, subject: 'firewall', what, stops: false })]
  }
  const [wanted, has] = [framesIn(frameTable(name, filter.ports, filter.members)), framesIn(seen)]
  const ports = filter.ports.flatMap(port => {
    const tap = tapOf(port.id)
    const [rules, loaded] = [wanted.get(tap) ?? [], has.get(tap) ?? []]
    const wrong = loaded.find(rule => !rules.includes(rule))
    const where = `chain ${tap} of frames`
    if (wrong !== undefined)
      return [
        defect({
          ...of,
          subject: port.id,
          part: 'spoof',
          where,
          what: `the frames of ${tap} are dropped by \`${wrong}\`, which is not its port's rule`,
        }),
      ]
    if (rules.some(rule => !loaded.includes(rule)))
      return [
        defect({ ...of, subject: port.id, where, what: `the chain ${tap} of frames is not whole: the guest may pretend`, stops: false }),
      ]
    return []
  })
  return [...ports, ...strangerDefects(filter, wanted.get('FORWARD') ?? [], has.get('FORWARD') ?? [], links)]
}

/** A cable that the table does not name is a stranger's, and nothing passes. */
function strangerDefects(
  filter: Desired['filter'],
  wanted: readonly string[],
  has: readonly string[],
  links: ReadonlyMap<string, SeenLink>,
) {
  const remedy = 'the agent loads the table anew'
  const cut = has.find(rule => /^iifname .* oifname != /.test(rule))
  if (wanted.length === 0) return []
  if (cut === undefined) {
    const what = 'the table of frames does not keep strangers out'
    return [defect({ subject: 'firewall', part: 'guard', where: 'the table of frames', what, remedy, stops: false })]
  }
  return filter.members
    .filter(member => links.has(member) && !cut.includes(`"${member}"`))
    .map(member => {
      const port = filter.ports.find(({ id }) => tapOf(id) === member)
      const what = `the table of frames takes ${member} for a stranger and drops what it sends`
      return defect({ subject: port?.id ?? member, part: 'spoof', where: 'the table of frames', what, remedy })
    })
}

/** Rules by chain, without the lines that only say what a chain is. */
export function framesIn(text: string): ReadonlyMap<string, readonly string[]> {
  const chains = new Map<string, string[]>()
  let rules: string[] = []
  for (const line of text.split('\n').map(each => each.trim())) {
    const name = /^chain (\S+) \{$/.exec(line)?.[1]
    if (name !== undefined) {
      rules = []
      chains.set(name, rules)
    } else if (/ (drop|accept)$|vmap/.test(line) && !line.startsWith('type ')) rules.push(sorted(line))
  }
  return chains
}

/** The order of a set's elements, and braces around a single one, are nft's choice. */
const sorted = (rule: string) =>
  rule.replaceAll(/\{ ([^}]*) \}/g, (_, inside: string) => {
    const elements = inside.split(', ').sort()
    return elements.length === 1 && !inside.includes(' : ') ? inside : `{ ${elements.join(', ')} }`
  })
