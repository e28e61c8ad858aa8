import type { WiringStore } from '../store.ts'
import { type Groupings, keptGroupings } from '../wiring/groupings.ts'
import { emptyLandscape, type Landscape, type Rows, type ThingOf } from '../wiring/landscape.ts'
import type { Renewed } from '../wiring/touched.ts'

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
  /** Of the landscape's rows. */
  readonly groupings: () => Groupings
  load(): Promise<void>
  note(change: Noted): void
  isStale(): boolean
  /** Reads what was noted, and gives what is another now. When it fails, what it would have given is not known: all may be. */
  refresh(): Promise<readonly Renewed[]>
}

type Row = { readonly id: string }
type Hung = Readonly<Record<string, unknown>>

/** Which rows a change is about: its own, or those that it hangs on. */
const rowsOf: Readonly<Record<string, { readonly rows: Rows; readonly by?: 'networkId' | 'router' }>> = {
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
  'network.floatingip': { rows: 'routers', by: 'router' },
  'network.port_forwarding': { rows: 'routers', by: 'router' },
  'network.conntrack_helper': { rows: 'routers', by: 'router' },
  'network.ndp_proxy': { rows: 'routers', by: 'router' },
}

/** The routers that something hung on, which its change does not say, and the one it hangs on now. Nothing: whoever hung on none and goes to none. */
function routersBy({ id, after }: Noted, { routersHolding }: Groupings): readonly string[] {
  const { routerId, floatingipId } = (after ?? {}) as Hung
  const held = [id, floatingipId].flatMap(each => (typeof each === 'string' ? (routersHolding.get(each) ?? []) : []))
  return [...held.map(router => router.id), ...(typeof routerId === 'string' ? [routerId] : [])]
}

/** Statuses are told, not wired: hosts are the same with any. */
const wired = (row: Row | undefined): string =>
  JSON.stringify(row, (name, value: unknown) => (name === 'status' || name === 'isActive' ? undefined : value)) ?? ''

export function keptLandscape(store: WiringStore): Kept {
  let table = emptyLandscape()
  let kept = keptGroupings()
  const dirty = new Map<Rows, Set<string> | 'all'>()

  /** Afterwards these rows are as they are now. Gives those that were others, as they were and are. */
  async function renew(rows: Rows, ids: readonly string[] | undefined): Promise<readonly Renewed[]> {
    const things: readonly ThingOf<Rows>[] = await store[rows](ids)
    const mine = table[rows] as Map<string, ThingOf<Rows>>
    const before = new Map((ids ?? [...mine.keys()]).map(id => [id, mine.get(id)]))
    const after = new Map(things.map(thing => [thing.id, thing]))
    const renewed = [...new Set([...before.keys(), ...after.keys()])].map(id => ({
      id,
      rows,
      before: before.get(id),
      after: after.get(id),
    }))
    for (const one of renewed) {
      kept.swap(rows, one.before, one.after)
      if (one.after) mine.set(one.id, one.after)
      else mine.delete(one.id)
    }
    return (renewed as readonly Renewed[]).filter(one => wired(one.before) !== wired(one.after))
  }

  function mark(rows: Rows, ids: readonly string[] | 'all'): void {
    const noted = dirty.get(rows) ?? new Set<string>()
    if (ids === 'all') dirty.set(rows, 'all')
    else if (noted !== 'all' && ids.length > 0) dirty.set(rows, new Set([...noted, ...ids]))
  }

  return {
    land: () => table,
    groupings: () => kept.groupings,
    load: async () => {
      table = emptyLandscape()
      kept = keptGroupings()
      dirty.clear()
      for (const rows of Object.keys(table) as Rows[]) await renew(rows, undefined)
    },
    note: change => {
      const about = rowsOf[change.kind]
      if (!about) return
      if (about.by === 'router') return mark(about.rows, routersBy(change, kept.groupings))
      const networkId = (change.after as Hung | undefined)?.['networkId']
      // Whoever does not say what it hung on may have hung on any.
      mark(about.rows, about.by === undefined ? [change.id] : typeof networkId === 'string' ? [networkId] : 'all')
    },
    isStale: () => dirty.size > 0,
    refresh: async () => {
      const noted = [...dirty]
      dirty.clear()
      try {
        const renewed: Renewed[] = []
        for (const [rows, ids] of noted) renewed.push(...(await renew(rows, ids === 'all' ? undefined : [...ids])))
        return renewed
      } catch (error) {
        for (const [rows, ids] of noted) mark(rows, ids === 'all' ? 'all' : [...ids])
        throw error
      }
    },
  }
}
