import type { SeenDevices, SeenForwarding, SeenLink, SeenRoute } from '../../documents/defects/seen.ts'

/** What there is on the host, as far as the agent looks. */
export interface Observed {
  readonly links: ReadonlyMap<string, Link>
  /** The host's own, of every table, as `ip route` lists them. */
  readonly routes: readonly string[]
  readonly forwarding: SeenForwarding
  readonly namespaces: ReadonlyMap<string, Namespace>
}

export interface Link extends SeenLink {
  /** Its addresses with all that is said of them. */
  readonly held: readonly HeldAddress[]
}

export interface HeldAddress {
  readonly cidr: string
  /** What `ip addr add` is told to have it again. */
  readonly line: string
  /** What `ip addr del` is told. */
  readonly peerCidr: string
}

export interface Route extends SeenRoute {
  readonly metric?: number | undefined
}

export interface Namespace extends SeenDevices {
  readonly links: ReadonlyMap<string, Link>
  readonly routes: readonly Route[]
}
