import type { Defect } from '../../contract/observation.ts'
import type { RouterWiring } from '../../contract/router.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import type { NamespaceWish } from '../desired/desired.ts'
import { rulesIn } from './lines.ts'
import { defect } from './links.ts'
import type { SeenNamespace } from './seen.ts'

/** A router's rules as they were loaded: what is missing, and what somebody put among them that drops. */
export function natDefects({ name, subject, tables }: NamespaceWish, { routers }: HostWiring, there: SeenNamespace): readonly Defect[] {
  const router = routers.find(({ id }) => id === subject)
  if (!tables || !router) return []
  return (['v4', 'v6'] as const).flatMap(version => {
    const [wanted, has] = [rulesIn(tables[version]), rulesIn(there.tables[version])]
    const [wantedSet, hasSet] = [new Set(wanted), new Set(has)]
    const tool = version === 'v4' ? 'iptables' : 'ip6tables'
    const missing = wanted.filter(rule => !hasSet.has(rule))
    const drops = has.filter(rule => !wantedSet.has(rule) && / -j (DROP|REJECT)\b/.test(rule))
    const of = { subject, part: 'nat' as const, where: name }
    return [
      ...missing.map(rule => {
        const [table = '', ...words] = rule.split(' ')
        const { what, about } = meaning(rule, router)
        const remedy = `${tool} -t ${table} ${words.join(' ')} in ${name}`
        return defect({ ...of, what: `${what}: ${name} lacks the rule \`${words.join(' ')}\``, remedy, about })
      }),
      ...drops.map(rule => {
        const [table = '', ...words] = rule.split(' ')
        const remedy = `${tool} -t ${table} ${words.join(' ').replace(/^-A/, '-D')} in ${name}`
        return defect({ ...of, what: `${name} drops by \`${words.join(' ')}\`, which nobody asked for`, remedy, about: ['drop'] })
      }),
    ]
  })
}

/** What a rule is for, and which floating IP, forwarded port, `snat` or `metadata` needs it; all of them, where others hang on it. */
function meaning(
  rule: string,
  { floatingIps, portForwardings, extraGateways = [] }: RouterWiring,
): { what: string; about: readonly string[] } {
  const names = (address: string) => rule.includes(` ${address}/32 `) || rule.includes(` ${address} `) || rule.endsWith(` ${address}`)
  const forwarding = portForwardings.find(
    one => rule.includes('-fip-pf -d') && names(one.floatingAddress) && rule.includes(one.internalAddress),
  )
  if (forwarding) return { what: `a port of ${forwarding.floatingAddress} is not forwarded`, about: [forwarding.id] }
  const floating = floatingIps.find(({ address }) => names(address))
  if (floating && rule.includes('DNAT'))
    return { what: `${floating.address} is not turned to ${floating.fixedAddress}`, about: [floating.id] }
  if (floating && rule.includes(' ! -o '))
    return { what: `${floating.fixedAddress} is not known inside as ${floating.address}`, about: ['hairpin'] }
  if (floating) return { what: `${floating.fixedAddress} does not go out as ${floating.address}`, about: [`out ${floating.id}`] }
  if (rule.includes('--ctstate DNAT -j SNAT')) return { what: 'guests do not reach floating IPs of their own router', about: ['hairpin'] }
  if (rule.includes('-j SNAT')) {
    const device = / -o (\S+) /.exec(rule)?.[1]
    return extraGateways.length === 0 || device === undefined
      ? { what: "guests do not go out under the router's address", about: ['snat'] }
      : { what: `guests do not go out under the router's address on ${device}`, about: [`snat ${device}`] }
  }
  if (rule.includes('-j CONNMARK') || (rule.startsWith('mangle -A OUTPUT ') && extraGateways.length > 0))
    return { what: 'answers may not leave by the gateway that connections came in by', about: ['way-back'] }
  if (rule.includes('169.254.169.254') || rule.includes('0x1/0xffff') || rule.includes('--dport 9697'))
    return { what: 'questions for metadata are not answered', about: ['metadata'] }
  if (rule.includes('-j MARK')) return { what: 'what comes from outside is not marked', about: ['mark'] }
  return { what: 'rules are not followed', about: rule.startsWith('nat ') ? ['snat', 'nat'] : ['metadata'] }
}
