import type { DhcpPortPlan } from '../wiring/dhcp-ports.ts'
import type { RouterPortPlan } from '../wiring/router-ports.ts'
import type { Touched } from '../wiring/touched.ts'

/** What is to be looked at again: `undefined` stands for all of a kind. */
export interface Pending {
  readonly networks: ReadonlySet<string> | undefined
  readonly routers: ReadonlySet<string> | undefined
  note(touched: Touched): void
  /** Whoever was there and is not, or the other way round, may be in every host's wiring. */
  everything(): void
  /** What was placed just now is looked at once more, until nothing is left to be done. */
  placed(plan: DhcpPortPlan, routed: RouterPortPlan): void
}

/** `touch` is told of hosts whose wiring may be another. */
export function pending(touch: (hosts: Touched['hosts']) => void): Pending {
  let networks: ReadonlySet<string> | undefined
  let routers: ReadonlySet<string> | undefined
  return {
    get networks() {
      return networks
    },
    get routers() {
      return routers
    },
    note(touched) {
      networks = networks && new Set([...networks, ...touched.networks])
      routers = routers && new Set([...routers, ...touched.routers])
      touch(touched.hosts)
    },
    everything() {
      networks = undefined
      routers = undefined
      touch('all')
    },
    placed({ make, change, remove }, { bind }) {
      networks = new Set([...make, ...change, ...remove].map(({ networkId }) => networkId))
      routers = new Set(bind.map(({ routerId }) => routerId))
    },
  }
}
