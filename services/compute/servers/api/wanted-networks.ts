import { Refusal } from '@kilonova/platform/refusal.ts'
import type { BootRequest, NetworkWish } from '../server.ts'

interface Named {
  readonly uuid?: string | undefined
  readonly port?: string | null | undefined
  readonly fixed_ip?: string | undefined
  readonly tag?: string | undefined
}

/** The networks a server is to be plugged into, as they are asked for; what contradicts itself is refused in Nova's words. */
export function wantedNetworks(asked: 'none' | 'auto' | readonly Named[] | undefined): BootRequest['networks'] {
  if (typeof asked === 'string') return asked
  if (asked === undefined || asked.length === 0) return 'any'
  const wanted = asked.map(wantedNetwork)
  const ports = wanted.flatMap(({ portId }) => portId ?? [])
  const twice = ports.find((port, i) => ports.indexOf(port) < i)
  if (twice !== undefined) refuse(`Port ID '${twice}' was specified twice: you cannot attach a port multiple times.`)
  return wanted
}

function wantedNetwork({ uuid, port, fixed_ip: fixedIp, tag }: Named): NetworkWish {
  const more = tag === undefined ? {} : { tag }
  if (port) {
    if (fixedIp !== undefined)
      refuse(`Specified Fixed IP '${fixedIp}' cannot be used with port '${port}': the two cannot be specified together.`)
    return { portId: port, ...more }
  }
  if (uuid === undefined) refuse("Bad network format: missing 'uuid'")
  if (!isUuid.test(uuid)) refuse(`Bad networks format: network uuid is not in proper format (${uuid})`)
  return { networkId: uuid, ...(fixedIp === undefined ? {} : { fixedIp }), ...more }
}

/** Until 2.36 any text is let in as far as here. */
const isUuid = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

function refuse(why: string): never {
  throw new Refusal('invalid', why)
}
