import { existsSync, writeFileSync } from 'node:fs'
import { guestImageName } from '@kilonova/image/main.ts'
import type { Member } from './member.ts'

/** Of the server, its key pair and its security group. */
const name = 'first'
const flavor = 'm1.nano'

/** The private half is told once, when the pair is made; a pair whose half was not written down is of no use to anybody. */
export async function ensureKey(member: Member, file: string): Promise<void> {
  const { keypairs } = await member.get<{ keypairs: readonly { keypair: { name: string } }[] }>('nova', '/v2.1/os-keypairs')
  const isThere = keypairs.some(({ keypair }) => keypair.name === name)
  if (isThere && existsSync(file)) return
  if (isThere) await member.remove('nova', `/v2.1/os-keypairs/${name}`)
  const made = await member.post<{ keypair: { private_key: string } }>('nova', '/v2.1/os-keypairs', { keypair: { name } })
  writeFileSync(file, made.keypair.private_key, { mode: 0o600 })
}

export async function ensureGroup(member: Member): Promise<string> {
  const found = await member.find('security-group', { name })
  const group = found ?? (await member.create('security-group', { name, description: 'Lets pings and ssh in from everywhere' }))
  const ingress = { security_group_id: group.id, direction: 'ingress', ethertype: 'IPv4' }
  for (const wish of [
    { ...ingress, protocol: 'icmp' },
    { ...ingress, protocol: 'tcp', port_range_min: 22, port_range_max: 22 },
  ]) {
    const { security_group_id, protocol } = wish
    const rule = await member.find('security-group-rule', { security_group_id, protocol })
    if (!rule) await member.create('security-group-rule', wish)
  }
  return group.id
}

export async function ensureServer(member: Member, groupId: string): Promise<string> {
  const { servers } = await member.get<{ servers: readonly { id: string; name: string }[] }>('nova', `/v2.1/servers?name=^${name}$`)
  const [there] = servers
  if (there) return there.id
  const { images } = await member.get<{ images: readonly { id: string }[] }>('glance', `/v2/images?name=${guestImageName}&status=active`)
  const { flavors } = await member.get<{ flavors: readonly { id: string; name: string }[] }>('nova', '/v2.1/flavors')
  const network = await member.find('network', { name: 'private' })
  const flavorId = flavors.find(one => one.name === flavor)?.id
  if (!images[0] || flavorId === undefined || !network)
    throw new Error(`the image ${guestImageName}, the flavor ${flavor} or the network private is not there`)
  const made = await member.post<{ server: { id: string } }>('nova', '/v2.1/servers', {
    server: {
      ...{ name, imageRef: images[0].id, flavorRef: flavorId, key_name: name },
      networks: [{ uuid: network.id }],
      security_groups: [{ name: groupId }],
    },
  })
  return made.server.id
}

export async function ensureAddress(member: Member, serverId: string): Promise<string> {
  const port = await member.find('port', { device_id: serverId })
  const outside = await member.find('network', { name: 'public' })
  if (!port || !outside) throw new Error('its port or the network public is not there')
  const there = await member.find('floatingip', { port_id: port.id })
  const floating = there ?? (await member.create('floatingip', { floating_network_id: outside.id, port_id: port.id }))
  return String(floating['floating_ip_address'])
}
