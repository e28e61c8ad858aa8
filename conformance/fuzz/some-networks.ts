/** A network of each kind with all that hangs on one, which lots would rarely put together. */
export async function someNetworks(url: string, token: string): Promise<readonly unknown[]> {
  const made: unknown[] = []
  const ask = async (method: string, path: string, body: object) => {
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' }
    const answer = await fetch(`${url}/v2.0/${path}`, { method, headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
    return (await answer.json()) as Readonly<Record<string, { readonly id: string }>>
  }
  const make = async (path: string, name: string, body: object): Promise<string> => {
    const told = await ask('POST', path, { [name]: body })
    made.push(told)
    return told[name]?.id ?? ''
  }
  const outer = await make('networks', 'network', { name: 'outer', 'router:external': true })
  await make('subnets', 'subnet', { network_id: outer, ip_version: 4, cidr: '172.24.4.0/24' })
  const router = await make('routers', 'router', { external_gateway_info: { network_id: outer } })
  const group = await make('security-groups', 'security_group', { name: 'g' })
  await make('security-group-rules', 'security_group_rule', { security_group_id: group, direction: 'ingress', remote_group_id: group })
  const policy = await make('qos/policies', 'policy', { name: 'q' })
  await make(`qos/policies/${policy}/bandwidth_limit_rules`, 'bandwidth_limit_rule', { max_kbps: 1000 })
  await make(`qos/policies/${policy}/dscp_marking_rules`, 'dscp_marking_rule', { dscp_mark: 26 })
  for (const octet of [1, 2, 3]) {
    const network = await make('networks', 'network', { name: `n${octet}`, qos_policy_id: policy })
    const subnet = await make('subnets', 'subnet', { network_id: network, ip_version: 4, cidr: `10.${octet}.0.0/24` })
    await ask('PUT', `routers/${router}/add_router_interface`, { subnet_id: subnet })
    const port = await make('ports', 'port', { network_id: network, security_groups: [group] })
    await make('trunks', 'trunk', { port_id: await make('ports', 'port', { network_id: network }) })
    const floating = await make('floatingips', 'floatingip', { floating_network_id: outer, ...(octet === 1 && { port_id: port }) })
    if (octet === 1) continue
    const forwarding = {
      internal_port_id: port,
      internal_ip_address: `10.${octet}.0.9`,
      internal_port: 80,
      external_port: 80,
      protocol: 'tcp',
    }
    await ask('PUT', `ports/${port}`, { port: { fixed_ips: [{ ip_address: `10.${octet}.0.9` }] } })
    await make(`floatingips/${floating}/port_forwardings`, 'port_forwarding', forwarding)
  }
  await make(`routers/${router}/conntrack_helpers`, 'conntrack_helper', { protocol: 'udp', port: 69, helper: 'tftp' })
  await make('address-groups', 'address_group', { addresses: ['192.0.2.1/32'] })
  await make('address-scopes', 'address_scope', { name: 's', ip_version: 4 })
  await make('subnetpools', 'subnetpool', { name: 'p', prefixes: ['10.128.0.0/16'], default_prefixlen: 24 })
  await make('rbac-policies', 'rbac_policy', { object_type: 'network', object_id: outer, action: 'access_as_shared', target_tenant: '*' })
  await make('metering/metering-labels', 'metering_label', { name: 'm' })
  return made
}
