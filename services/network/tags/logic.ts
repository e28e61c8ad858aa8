import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Viewer } from '../listings/listing.ts'
import { refuseUnknown } from '../refusals/refusal.ts'
import { revised, type Standard } from '../standards/standard/standard.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import type { TagStore } from './store.ts'
import type { Tag } from './tag.ts'

export interface Rooms {
  readonly store: TagStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
}

/** A store whose things carry tags. */
export interface Tagged<N extends Standard> {
  find(id: string, viewer: Viewer, from: Reading): Promise<N | undefined>
  update(tx: Transaction, thing: N, seen?: number): Promise<unknown>
  hold(tx: Transaction, id: string): Promise<boolean>
}

/** Tags of things of all kinds. Putting one on is a change of the thing. */
export const tagLogic = ({ store, write, clock }: Rooms) => ({
  of: <N extends Standard>(kept: Tagged<N>) => ({
    write: (id: string, tags: (before: readonly Tag[]) => readonly Tag[], viewer: Viewer, cause: Cause): Promise<readonly Tag[]> =>
      write(cause, async tx => {
        await kept.hold(tx, id)
        const thing = (await kept.find(id, viewer, tx.read)) ?? refuseUnknown('TagResourceNotFound', `Resource ${id} could not be found.`)
        const wanted = tags(thing.tags)
        if (wanted.length === thing.tags.length && wanted.every(tag => thing.tags.includes(tag))) return thing.tags
        await store.write(tx, id, wanted)
        await kept.update(tx, { ...revised(thing, clock.now()), tags: wanted })
        return wanted
      }),
  }),
  put: (tx: Transaction, id: string, tags: readonly Tag[]) => store.write(tx, id, tags),
  forget: (tx: Transaction, id: string) => store.write(tx, id, []),
})

export type TagLogic = ReturnType<typeof tagLogic>
export type TagKeeping = ReturnType<TagLogic['of']>
