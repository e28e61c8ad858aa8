import { type HostFacts, plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { startPlacement } from '@kilonova/stories/kit/placement.ts'
import { aggregateLogic } from '../aggregates/logic.ts'
import { aggregateStore } from '../aggregates/store.ts'
import { aServer, cause, emptyDatabases, rulesOf, theImage } from '../kit.ts'
import { buildScheduling } from '../main/scheduling.ts'
import type { ComputeRules } from '../options.ts'
import { serverGroupLogic } from '../server-groups/logic.ts'
import { serverGroupStore } from '../server-groups/store.ts'
import type { Server } from '../servers/server.ts'
import { serverStore } from '../servers/store.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import type { ClaimAsk } from './scheduler.ts'
import type { AddedRules } from './scheduler/request.ts'

/** A host of 4 processors, 4096 MiB and 100 GiB, unless told. */
export type HostWish = { readonly host: string } & Partial<HostFacts>

/** For tests: real databases, a real placement, and hosts that have just been heard from. */
export const schedulerBench = (hosts: readonly HostWish[], ...flags: readonly string[]) => schedulerBenchWith({ hosts, flags })

interface BenchWish {
  readonly hosts: readonly HostWish[]
  readonly flags?: readonly string[]
  /** What plug-ins add to the rules. */
  readonly added?: AddedRules
}

export async function schedulerBenchWith({ hosts, flags = [], added }: BenchWish) {
  const databases = await emptyDatabases()
  const clock = virtualClock()
  const chance = seededChance(1)
  const placement = await startPlacement()
  const usual: readonly string[] = ['DEFAULT.reserved_host_memory_mb=0']
  let rules: ComputeRules = rulesOf(...usual, ...flags)
  const built = buildScheduling({ databases, placement: placement.room, rules: () => rules, added, clock, chance })
  const { mirror: mirrored, forget: forgotten } = built.providers
  const { cell1, api } = databases
  const services = serviceLogic({ store: serviceStore(cell1), write: cell1.transaction, clock, chance, mirrored, forgotten })
  const aggregates = aggregateLogic({
    store: aggregateStore(api),
    write: api.transaction,
    services,
    order: async () => {},
    clock,
    chance,
    mirrored,
  })
  const groups = serverGroupLogic({
    store: serverGroupStore(api),
    write: api.transaction,
    clock,
    chance,
    quotas: { mustAllowServerGroup: async () => {} },
  })
  const servers = serverStore(cell1)
  const beat = async () => {
    for (const one of hosts) {
      const facts = plainFacts({ vcpus: 4, memoryMb: 4096, diskGb: 100, traits: ['COMPUTE_IMAGE_TYPE_QCOW2'], ...one })
      await services.seen([{ host: one.host, binary: 'nova-compute', facts }], cause)
    }
    return built.providers.mirror(undefined, cause)
  }
  await beat()
  return {
    ...{ databases, clock, placement: placement.room, services, aggregates, groups, servers, beat, ...built },
    /** What the operator says from now on. */
    say: (...more: readonly string[]) => {
      rules = rulesOf(...usual, ...more)
    },
    insert: (server: Server) => cell1.transaction(cause, async tx => void (await servers.insert(tx, server))),
    put: (server: Server, act = 'updated') => cell1.transaction(cause, async tx => void (await servers.update(tx, server, act))),
    close: async () => {
      await Promise.all(Object.values(databases).map(one => one.close()))
      await placement.close()
    },
  }
}

export type SchedulerBench = Awaited<ReturnType<typeof schedulerBenchWith>>

interface AskWish extends Partial<Omit<ClaimAsk, 'flavor'>> {
  readonly flavor?: Partial<ClaimAsk['flavor']>
}

/** What the `n`th example server asks for: 1 processor, 512 MiB, 1 GiB. */
export const anAsk = (n: number, { flavor, ...more }: AskWish = {}): ClaimAsk => {
  const server = aServer(n)
  return {
    ...{ consumerId: server.id, projectId: server.projectId, userId: server.userId, flavor: { ...server.flavor, ...flavor } },
    image: { id: theImage.id, diskFormat: 'qcow2', properties: {} },
    ...more,
  }
}
