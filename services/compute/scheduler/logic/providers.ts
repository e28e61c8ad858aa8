import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { PlacementRoom, Provider, ProviderWish, Stock } from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { SchedulerSettings } from '../options.ts'
import type { Host } from '../scheduler/host.ts'
import type { Book, HostBook } from './book.ts'
import { disabledTrait } from './prefilter.ts'

export interface Rooms {
  readonly placement: PlacementRoom
  readonly book: HostBook
  readonly settings: () => SchedulerSettings
}

export interface ProviderLogic {
  /**
   * Tells placement what these hosts have, can, and belong to: all hosts unless named. Costs a look where nothing changed. Those of which
   * placement would not hear are named with the reason.
   */
  mirror(hosts: readonly string[] | undefined, cause: Cause): Promise<readonly { readonly host: string; readonly error: unknown }[]>
  /** A host is no more. Refuses while servers hold something of it. */
  forget(id: string, cause: Cause): Promise<void>
}

/** Hosts as placement's providers, under the id of their nova-compute. */
export const providerLogic = ({ placement, book, settings }: Rooms): ProviderLogic => ({
  async mirror(names, cause) {
    const now = await book.current()
    const hosts = [...now.hosts.values()].filter(({ host }) => names === undefined || names.includes(host))
    const ids = hosts.map(({ id }) => id)
    const known = new Map((await placement.providers(cause, ids)).map(one => [one.uuid, one]))
    const failed: { host: string; error: unknown }[] = []
    for (const host of hosts) {
      const there = known.get(host.id)
      const wish = wishOf(host, there, now, settings())
      // Elsewhere placement is asked over HTTP: hosts of which it knows everything cost nothing.
      if (!isKnown(wish, there)) await placement.ensureProvider(wish, cause).catch(error => failed.push({ host: host.host, error }))
    }
    return failed
  },

  forget: (id, cause) => placement.removeProvider(id, cause),
})

function wishOf({ id, facts, isDisabled, aggregates }: Host, known: Provider | undefined, book: Book, settings: SchedulerSettings) {
  const mine = new Set(book.aggregates.map(({ uuid }) => uuid))
  const traits = ['COMPUTE_NODE', ...facts.traits, ...(isDisabled ? [disabledTrait] : [])]
  const wish: ProviderWish = {
    uuid: id,
    name: facts.nodeName,
    stock: stockOf(facts, known, settings.DEFAULT),
    traits: [...new Set(traits)],
    ownsTrait: name => /^(COMPUTE|HW)_/.test(name),
    aggregates: aggregates.map(({ uuid }) => uuid),
    ownsAggregate: uuid => mine.has(uuid),
  }
  return wish
}

const terms = ['total', 'reserved', 'minUnit', 'maxUnit', 'stepSize', 'allocationRatio'] as const

/** Whether placement knows a host exactly as it is wished for. */
function isKnown(
  { name, stock: wished, traits, ownsTrait, aggregates, ownsAggregate }: ProviderWish,
  known: Provider | undefined,
): boolean {
  if (known?.name !== name) return false
  const hasStock = Object.entries(wished).every(([what, wanted]) => terms.every(term => known.stock.get(what)?.[term] === wanted[term]))
  return (
    hasStock && areSame([...known.traits].filter(ownsTrait), traits) && areSame([...known.aggregates].filter(ownsAggregate), aggregates)
  )
}

const areSame = (known: readonly string[], wanted: readonly string[]) =>
  known.length === new Set(wanted).size && wanted.every(one => known.includes(one))

/**
 * What a host gives. A ratio that the configuration does not say stays as placement knows it: an operator may have set it there; a new host
 * begins with the initial one.
 */
function stockOf(facts: HostFacts, known: Provider | undefined, said: SchedulerSettings['DEFAULT']): Readonly<Record<string, Stock>> {
  const ratio = (name: string, configured: number | undefined, initial: number) =>
    configured || (known?.stock.get(name)?.allocationRatio ?? initial)
  const dedicated = facts.dedicatedCpus.length
  // A host that keeps processors for guests of their own shares those it names, and none when it names none.
  const shared = facts.sharedCpus?.length || (dedicated > 0 ? 0 : facts.vcpus)
  const cpu = ratio('VCPU', said.cpu_allocation_ratio, said.initial_cpu_allocation_ratio)
  const memory = ratio('MEMORY_MB', said.ram_allocation_ratio, said.initial_ram_allocation_ratio)
  const disk = ratio('DISK_GB', said.disk_allocation_ratio, said.initial_disk_allocation_ratio)
  const all = {
    VCPU: stock(shared, said.reserved_host_cpus, cpu),
    PCPU: stock(dedicated, 0, 1),
    MEMORY_MB: stock(facts.memoryMb, said.reserved_host_memory_mb, memory),
    DISK_GB: stock(facts.diskGb, Math.ceil(said.reserved_host_disk_mb / 1024), disk),
  }
  return Object.fromEntries(Object.entries(all).filter(([, { total }]) => total > 0))
}

const stock = (total: number, reserved: number, allocationRatio: number): Stock => ({
  ...{ total, reserved: Math.min(reserved, total), minUnit: 1, maxUnit: total, stepSize: 1, allocationRatio },
})
