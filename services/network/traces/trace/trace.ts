import type { Defect } from '@kilonova/network-agent/contract/observation.ts'

/** What somebody wants to know: whether packets get from one to the other. */
export interface Question {
  /** A server, a port, an address, or `outside`. */
  readonly from: string
  /** Likewise; and `dhcp` or `metadata`. */
  readonly to: string
  readonly protocol?: 'tcp' | 'udp' | 'icmp' | undefined
  readonly port?: number | undefined
  readonly version?: 4 | 6 | undefined
  /** What servers are called, by their ids; the network service does not know. */
  readonly names?: Readonly<Record<string, string>> | undefined
}

/** The first packet of a connection, as it is at some place: routers change its addresses. */
export interface Packet {
  /** By its number. */
  readonly protocol: number
  readonly source: string
  readonly destination: string
  readonly port?: number | undefined
}

/** A place on the way, before anybody looked at it. */
export interface PlannedHop {
  /** The device, chain or namespace. */
  readonly where: string
  /** On which host it can be looked at; nothing where it is known from tables alone. */
  readonly host?: string | undefined
  readonly what: string
  /** What is said of it when it is well. */
  readonly says: string
  /** What the tables alone say against it. */
  readonly trouble?: Trouble | undefined
  /** Of what was seen amiss on the host: what is to be said here. A packet stops by it when it does by itself, unless this hop is beside the way. */
  readonly concerns?: ((defect: Defect) => boolean) | undefined
  /** The packet does not pass here: the guest lives on it all the same. */
  readonly isBeside?: boolean | undefined
}

export interface Trouble {
  readonly why: string
  readonly remedy: string
}

export interface Hop {
  readonly where: string
  readonly host?: string | undefined
  readonly what: string
  readonly mark: 'ok' | 'stop' | 'warning' | 'unknown'
  readonly says: string
  readonly remedy?: string | undefined
  readonly repairedBy?: Defect['repairedBy'] | undefined
  readonly largerThan?: number | undefined
}

export interface Trace {
  readonly from: string
  readonly to: string
  readonly packet: Packet
  readonly hops: readonly Hop[]
  /** Nothing, where a host cannot be asked. */
  readonly arrives: boolean | undefined
  readonly conclusion: string
}

/** The way as the tables have it: hops, and what is to be probed at its end. */
export interface Plan {
  readonly from: string
  readonly to: string
  readonly packet: Packet
  readonly hops: readonly PlannedHop[]
}

export const protocolNames: Readonly<Record<number, string>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmpv6' }

export const wordsOf = ({ protocol, source, destination, port }: Packet): string => {
  const to = port === undefined ? destination : destination.includes(':') ? `[${destination}]:${port}` : `${destination}:${port}`
  return `${protocolNames[protocol] ?? protocol} ${source} → ${to}`
}
