import { parseAddress, versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import type { WiredPort } from '../../wiring/wiring/landscape.ts'
import { addressOf, guestName, nameOf, type World } from './world.ts'

/** One end of a way. */
export type End =
  | { readonly kind: 'port'; readonly port: WiredPort; readonly address: string }
  | { readonly kind: 'outside'; readonly address: string; readonly isAnywhere: boolean }
  | { readonly kind: 'dhcp' | 'metadata' }

/** Addresses that nobody has: they stand for anywhere. */
const anywhere = { 4: '198.51.100.1', 6: '2001:db8:ffff::1' } as const

/** Why words mean nothing, or too much. */
export interface Unclear {
  readonly unclear: string
  readonly isAmbiguous: boolean
}

export const isUnclear = (one: object): one is Unclear => 'unclear' in one

/** What is meant by the words for both ends. Each helps the other: of several ports the one is meant that is near the other end. */
export function readEnds(
  world: World,
  { from, to, version }: { readonly from: string; readonly to: string; readonly version?: 4 | 6 | undefined },
): { readonly from: End; readonly to: End } | Unclear {
  const told = [from, to].map(word => (parseAddress(word) === undefined ? undefined : versionOf(word))).find(each => each !== undefined)
  const wanted = version ?? told ?? 4
  if (to === 'dhcp' || to === 'metadata') {
    const source = readEnd(world, from, wanted, undefined)
    return isUnclear(source) ? source : { from: source, to: { kind: to } }
  }
  const target = asSeenFrom(world, from, readEnd(world, to, wanted, undefined))
  if (isUnclear(target)) return target
  const source = readEnd(world, from, 'address' in target ? versionOf(target.address) : wanted, target)
  if (isUnclear(source)) return source
  const again = readEnd(world, to, 'address' in source ? versionOf(source.address) : wanted, source)
  return isUnclear(again) ? again : { from: source, to: source.kind === 'outside' ? target : again }
}

/** Outside a server is known by its floating IP. */
function asSeenFrom({ routers, floatingPools }: World, from: string, target: End | Unclear): End | Unclear {
  if (from !== 'outside' || isUnclear(target) || target.kind !== 'port') return target
  const floating = [...floatingPools].find(([address, { routerId }]) =>
    routers.get(routerId ?? '')?.floatingIps.some(one => one.address === address && one.fixedAddress === target.address),
  )
  return floating ? { kind: 'outside', address: floating[0], isAnywhere: false } : target
}

function readEnd(world: World, word: string, version: 4 | 6, other: End | undefined): End | Unclear {
  if (word === 'outside') return { kind: 'outside', address: anywhere[version], isAnywhere: true }
  if (parseAddress(word) !== undefined) return endAtAddress(world, word, other)
  const candidates = portsCalled(world, word)
  if (candidates.length === 0) return { unclear: `There is no server, port or address ${word}.`, isAmbiguous: false }
  const devices = [...new Set(candidates.map(port => port.deviceId || port.id))]
  if (devices.length > 1) return { unclear: `${word} may be one of ${devices.join(', ')}.`, isAmbiguous: true }
  const near = nearest(candidates, version, other)
  const address = near && addressOf(near, version)
  if (!near || address === undefined) return { unclear: `${word} has no IPv${version} address.`, isAmbiguous: false }
  return { kind: 'port', port: near, address }
}

/** Who has it; when several networks use it, the one that is on the other end's network. An address nobody has is outside. */
function endAtAddress(world: World, address: string, other: End | undefined): End | Unclear {
  if (world.floatingPools.has(address)) return { kind: 'outside', address, isAnywhere: false }
  const ports = [...world.ports.values()].filter(port => port.fixedIps.some(({ ipAddress }) => ipAddress === address))
  const [only, another] = ports
  if (!only) return { kind: 'outside', address, isAnywhere: false }
  if (!another) return { kind: 'port', port: only, address }
  const near = other?.kind === 'port' ? ports.filter(port => port.networkId === other.port.networkId) : []
  if (near[0]) return { kind: 'port', port: near[0], address }
  const listed = ports.map(port => `port ${port.id} (${nameOf(world, port.networkId)})`)
  return { unclear: `${address} may be one of ${listed.join(', ')}.`, isAmbiguous: true }
}

/** By id, by the server's id, by a name; of ids eight characters are enough. */
function portsCalled(world: World, word: string): readonly WiredPort[] {
  const ports = [...world.ports.values()]
  const tries = [
    (port: WiredPort) => port.id === word || port.deviceId === word,
    (port: WiredPort) => guestName(world, port) === word || world.names.get(port.id) === word,
    (port: WiredPort) => word.length >= 8 && (port.id.startsWith(word) || port.deviceId.startsWith(word)),
  ]
  for (const fits of tries) {
    const found = ports.filter(fits)
    if (found.length > 0) return found.sort((a, b) => a.id.localeCompare(b.id))
  }
  return []
}

function nearest(ports: readonly WiredPort[], version: 4 | 6, other: End | undefined): WiredPort | undefined {
  const able = ports.filter(port => addressOf(port, version) !== undefined)
  return able.find(port => other?.kind === 'port' && other.port.networkId === port.networkId && other.port.id !== port.id) ?? able[0]
}
