import type { WiringStore } from '../store.ts'
import { emptyLandscape, type Landscape, type Rows, type WiredPort } from '../wiring/landscape.ts'
import { keptPortGroups, type PortGroups } from '../wiring/port-groups.ts'

/** A change as the log tells it. */
export interface Noted {
  readonly kind: string
  readonly id: string
  readonly act: string
  readonly after?: object | undefined
}

/** The landscape in memory, renewed by the rows that were noted as changed. */
export interface Kept {
  readonly land: () => Landscape
  /** Of the landscape's ports. */
  readonly groups: () => PortGroups
  load(): Promise<void>
  note(change: Noted): void
  isStale(): boolean
  /** Reads what was noted. */
  refresh(): Promise<void>
}

/** Which rows a change is about: its own, or those that it hangs on. */
const rowsOf: Readonly<Record<string, { readonly rows: Rows; readonly by?: 'networkId' | 'all' }>> = {
  'network.network': { rows: 'networks' },
  'network.segment': { rows: 'networks', by: 'networkId' },
  'network.subnet': { rows: 'subnets' },
  'network.port': { rows: 'ports' },
  'network.security_group': { rows: 'groups' },
  'network.security_group_rule': { rows: 'rules' },
  'network.address_group': { rows: 'addressGroups' },
  'network.router': { rows: 'routers' },
  'network.qos_rule': { rows: 'limits' },
  'network.log': { rows: 'logs' },
  // It may have led through another router before, which the change does not say.
  'network.floatingip': { rows: 'routers', by: 'all' },
  'network.port_forwarding': { rows: 'routers', by: 'all' },
  'network.conntrack_helper': { rows: 'routers', by: 'all' },
  'network.ndp_proxy': { rows: 'routers', by: 'all' },
}

export function keptLandscape(store: WiringStore): Kept {
  let table = emptyLandscape()
  let groups = keptPortGroups()
  const dirty = new Map<Rows, Set<string> | 'all'>()

  async function renew<R extends Rows>(rows: R, ids: readonly string[] | undefined): Promise<void> {
    const things = (await store[rows](ids)) as readonly { readonly id: string }[]
    const kept = table[rows] as Map<string, { readonly id: string }>
    const before = table.ports
    if (rows === 'ports') for (const id of ids ?? before.keys()) drop(before.get(id))
    for (const id of ids ?? [...kept.keys()]) kept.delete(id)
    for (const thing of things) kept.set(thing.id, thing)
    if (rows === 'ports') for (const thing of things) groups.put(thing as WiredPort)
  }

  const drop = (port: WiredPort | undefined) => port && groups.drop(port)

  return {
    land: () => table,
    groups: () => groups,
    load: async () => {
      table = emptyLandscape()
      groups = keptPortGroups()
      dirty.clear()
      for (const rows of Object.keys(table) as Rows[]) await renew(rows, undefined)
    },
    note: ({ kind, id, after }) => {
      const about = rowsOf[kind]
      if (!about) return
      const key =
        about.by === 'networkId' ? (after as Record<string, unknown> | undefined)?.['networkId'] : about.by === 'all' ? undefined : id
      const noted = dirty.get(about.rows) ?? new Set<string>()
      // Whoever does not say what it hung on may have hung on any.
      if (typeof key !== 'string') dirty.set(about.rows, 'all')
      else if (noted !== 'all') dirty.set(about.rows, noted.add(key))
    },
    isStale: () => dirty.size > 0,
    refresh: async () => {
      const noted = [...dirty]
      dirty.clear()
      for (const [rows, ids] of noted) await renew(rows, ids === 'all' ? undefined : [...ids])
    },
  }
}
