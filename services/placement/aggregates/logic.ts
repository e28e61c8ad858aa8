import type { Cause } from '@kilonova/platform/cause.ts'
import type { ResourceProviderLogic } from '../resource-providers/logic.ts'
import type { ResourceProvider } from '../resource-providers/resource-provider.ts'
import type { Transaction, Write } from '../tables.ts'
import type { AggregateId } from './aggregate.ts'
import type { AggregateStore } from './store.ts'

export interface Rooms {
  readonly store: AggregateStore
  readonly write: Write
  readonly providers: Pick<ResourceProviderLogic, 'get' | 'holdSeen' | 'step'>
}

export interface Grouped {
  readonly provider: ResourceProvider
  readonly aggregates: readonly AggregateId[]
}

const seenText = "Resource provider's generation already changed. Please update the generation and try again."

/** Which aggregates a provider is in. One that is named comes into being, one that nobody is in is no more. */
export const aggregateLogic = ({ store, write, providers }: Rooms) => ({
  forgetProvider: (tx: Transaction, uuid: string) => store.updateOfProvider(tx, uuid, []),

  async ofProvider(uuid: string): Promise<Grouped> {
    return { provider: await providers.get(uuid), aggregates: await store.listOfProvider(uuid) }
  },

  /** Without a generation (before 1.19) nobody is asked, and it stays. */
  set: (uuid: string, aggregates: readonly AggregateId[], generation: number | undefined, cause: Cause): Promise<Grouped> =>
    write(cause, async tx => {
      const provider = await providers.holdSeen(tx, uuid, seenText, generation)
      await store.updateOfProvider(tx, uuid, aggregates)
      if (generation === undefined) return { provider, aggregates }
      await providers.step(tx, [uuid])
      return { provider: await providers.get(uuid, tx.read), aggregates }
    }),
})

export type AggregateLogic = ReturnType<typeof aggregateLogic>
