import type { May } from '@kilonova/platform/http/endpoint.ts'
import { readValue, python } from '../attributes/attribute/attribute.ts'
import { orEmpty, uuid } from '../attributes/attribute/kinds.ts'
import { refuseBody } from '../refusals/refusal.ts'
import { hostRoutes } from '../subnets/subnet/attributes.ts'
import { asRecord, type Sent, thingIn } from '../versions/bodies.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import { member } from '../versions/members.ts'
import { seeing, type Wire, wireOf } from '../versions/showing.ts'
import type { Interface } from './logic/interfaces.ts'
import type { RouterLogic } from './logic/routers.ts'
import { gatewayList, routerAttributes } from './router/attributes.ts'
import { gatewaysOf } from './router/gateways.ts'
import type { Router } from './router/router.ts'

const gatewayWires = (router: Router) =>
  gatewaysOf(router).map(({ networkId, enableSnat, ips, qosPolicyId }) => ({
    network_id: networkId,
    enable_snat: enableSnat,
    external_fixed_ips: ips.map(({ subnetId, ipAddress }) => ({ subnet_id: subnetId, ip_address: ipAddress })),
    qos_policy_id: qosPolicyId,
  }))

const shows = {
  external_gateway_info: (router: Router) => gatewayWires(router)[0] ?? null,
  external_gateways: gatewayWires,
  service_type_id: () => undefined,
  conntrack_helpers: ({ conntrackHelpers }: Router) => conntrackHelpers,
}

export function routerApi(routers: RouterLogic, tags: TagKeeper) {
  const declared = {
    name: 'router',
    plural: 'routers',
    path: '/v2.0/routers',
    words: { one: 'a router', many: 'the routers' },
    attributes: routerAttributes,
    logic: routers,
    tags,
    shows,
  }
  const text = { type: 'string' }
  const takes = { type: 'object', properties: { subnet_id: text, port_id: text } }
  const gives = {
    type: 'object',
    properties: { id: text, tenant_id: text, port_id: text, network_id: text, subnet_id: text, subnet_ids: { type: 'array', items: text } },
  }
  const leg = (name: string, summary: string, run: RouterLogic['addInterface']) =>
    member<Router>({
      collection: declared,
      name,
      summary,
      policy: name,
      takes,
      gives,
      run: async ({ id, thing, body, act }) => interfaceWire(thing, await run(id, wishIn(body), act)),
    })
  const routes = (name: string, summary: string, run: RouterLogic['addRoutes']) =>
    member<Router>({
      collection: declared,
      name,
      summary,
      policy: name,
      takes: { type: 'object', properties: { router: { type: 'object', properties: { routes: hostRoutes.schema } } } },
      gives: { type: 'object', properties: { router: { type: 'object' } } },
      run: async ({ id, body, act, may }) => ({
        router: shown(await run(id, readValue('routes', orEmpty(hostRoutes), asRecord(body['router'])['routes']), act), may),
      }),
    })
  const gateways = (act: 'add' | 'update' | 'remove', summary: string, run: RouterLogic['addGateways']) => {
    const name = `${act}_external_gateways`
    return member<Router>({
      collection: declared,
      name,
      summary,
      policy: name,
      guards: body => gatewayGuards(`${name}:external_gateways`, gatewaysIn(body), act === 'remove' ? [] : guardedMembers),
      takes: { type: 'object', properties: { router: { type: 'object', properties: { external_gateways: gatewayList.schema } } } },
      gives: { type: 'object', properties: { router: { type: 'object' } } },
      run: async ({ id, thing, body, act: how, may }) => {
        const sent = gatewaysIn(body)
        const wishes = sent === undefined ? undefined : readValue('external_gateways', gatewayList, sent)
        return { router: shown(wishes ? await run(id, wishes, how) : thing, may) }
      },
    })
  }
  return [
    ...collection<Router>(declared),
    leg('add_router_interface', 'Connect a router with a subnet', routers.addInterface),
    leg('remove_router_interface', 'Take a router’s leg off a subnet', routers.removeInterface),
    routes('add_extraroutes', 'Add routes to a router', routers.addRoutes),
    routes('remove_extraroutes', 'Take routes off a router', routers.removeRoutes),
    gateways('add', 'Add gateways to a router', routers.addGateways),
    gateways('update', 'Say anew which gateways a router has', routers.updateGateways),
    gateways('remove', 'Take gateways off a router', routers.removeGateways),
  ]
}

/** Without what only administrators see. */
function shown(router: Router, may: May): Wire {
  const wire = wireOf(router, routerAttributes, shows)
  return seeing({ name: 'router', attributes: routerAttributes, may, fields: [] })(wire, { ...wire })
}

const gatewaysIn = (body: Sent): unknown => thingIn(body, 'router')['external_gateways']

const guardedMembers = ['network_id', 'enable_snat', 'external_fixed_ips']

function gatewayGuards(rule: string, sent: unknown, members: readonly string[]): readonly string[] {
  const said = new Set([sent].flat().flatMap(one => Object.keys(asRecord(one))))
  return sent === undefined ? [] : [rule, ...members.filter(name => said.has(name)).map(name => `${rule}:${name}`)]
}

const interfaceWire = (router: Router, { port, subnetIds }: Interface) => ({
  id: router.id,
  tenant_id: router.projectId,
  port_id: port.id,
  network_id: port.networkId,
  subnet_id: subnetIds[0],
  subnet_ids: subnetIds,
})

function wishIn(body: Sent) {
  const wanted = (name: string) => (body[name] === undefined ? undefined : readId(name, body[name]))
  return { subnetId: wanted('subnet_id'), portId: wanted('port_id') }
}

const readId = (name: string, value: unknown): string =>
  typeof value === 'string'
    ? readValue(name, uuid, value)
    : refuseBody(`Invalid input for ${name}. Reason: '${python(value)}' is not a valid UUID.`)
