import { versionOf } from '../../contract/addresses.ts'
import { gatewayRoutes } from '../../contract/names.ts'
import type { Defect } from '../../contract/observation.ts'
import type { NamespaceWish, RouteWish, RuleWish } from '../desired/desired.ts'
import { isSamePlace, isSameRoute, isSameRule, routeText, ruleText } from '../desired/routing.ts'
import { defect } from './links.ts'
import type { SeenNamespace } from './seen.ts'

export function routeDefects({ name, subject, routes }: NamespaceWish, there: SeenNamespace): readonly Defect[] {
  const ours = there.routes.filter(({ protocol }) => protocol === 'static')
  const of = { subject, part: 'route' as const, where: name }
  return [
    ...routes
      // The kernel takes the routes of a device along that goes down, which is told of the device.
      .filter(({ device }) => there.links.get(device)?.isUp !== false)
      .filter(wish => !ours.some(one => isSameRoute(one, wish)))
      .map(wish => {
        const { destination, via, device, table } = wish
        const way = `${destination}${via === undefined ? '' : ` via ${via}`} on ${device}${table === undefined ? '' : ` in its table ${table}`}`
        const what = `${name} has no route to ${way}`
        return defect({ ...of, what, remedy: `ip -n ${name} route replace ${routeText(wish)}`, about: aboutRoute(wish) })
      }),
    ...ours
      .filter(one => !routes.some(wish => isSamePlace(wish, one)))
      .map(one => {
        const inTable = one.table === undefined ? '' : ` table ${one.table}`
        const what = `${name} has a route to ${one.destination} on ${one.device}${inTable && ` in${inTable}`} that nobody asked for`
        return defect({ ...of, what, remedy: `ip -n ${name} route del ${one.destination}${inTable}`, about: aboutRoute(one) })
      }),
  ]
}

/** What is in a gateway's own table is for those alone that leave by it. */
const aboutRoute = ({ destination, device, table }: Pick<RouteWish, 'destination' | 'device' | 'table'>) => [
  table === undefined ? destination : gatewayRoutes(versionOf(destination), device),
]

/** Which of several gateways a packet leaves by. */
export function ruleDefects(wish: NamespaceWish, there: SeenNamespace): readonly Defect[] {
  const { name, subject, rules = [] } = wish
  const of = { subject, part: 'route' as const, where: name }
  const command = (verb: string, rule: RuleWish) => `ip -n ${name}${rule.version === 6 ? ' -6' : ''} rule ${verb} ${ruleText(rule)}`
  return [
    ...rules
      .filter(rule => !there.rules.some(one => isSameRule(one, rule)))
      .map(rule => {
        const what = `${name} lacks the rule of routing \`${ruleText(rule)}\`, by which packets find their gateway`
        return defect({ ...of, what, remedy: command('add', rule), about: aboutRule(rule, wish) })
      }),
    ...there.rules
      .filter(one => !rules.some(rule => isSameRule(one, rule)))
      .map(one => {
        const what = `${name} has the rule of routing \`${ruleText(one)}\`, which nobody asked for`
        return defect({ ...of, what, remedy: command('del', one), about: aboutRule(one, wish) })
      }),
  ]
}

/** A table that nobody has a route in, and the rule of what is near, are asked for by all gateways. */
function aboutRule({ version, table }: RuleWish, { routes }: NamespaceWish): readonly string[] {
  const devices = routes.flatMap(route => (route.table === undefined ? [] : [route]))
  const own = devices.filter(route => route.table === table)
  return [...new Set((own.length > 0 ? own : devices).map(({ device }) => gatewayRoutes(version, device)))]
}
