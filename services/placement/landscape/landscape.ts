import type { Inventory } from '../inventories/inventory.ts'
import type { ResourceProvider } from '../resource-providers/resource-provider.ts'

/** A provider with all that requests ask about. */
export interface Place extends ResourceProvider {
  /** By resource class. */
  readonly stock: ReadonlyMap<string, Inventory>
  readonly traits: ReadonlySet<string>
  readonly aggregates: ReadonlySet<string>
  /** Whether its tree is only itself: most are, and are looked at without looking for others. */
  readonly isAlone: boolean
}

export type Places = ReadonlyMap<string, Place>

/** All providers, found by what they have, are and belong to. In the order in which they came. */
export interface Landscape {
  readonly places: Places
  /** Whether any provider stands below another. */
  hasTrees(): boolean
  treeOf(rootUuid: string): Places
  having(resourceClass: string): Places
  marked(trait: string): Places
  inAggregate(uuid: string): Places
}

/** A landscape that is kept up. */
export interface KeptLandscape extends Landscape {
  put(place: Omit<Place, 'isAlone'>): void
  remove(uuid: string): void
}

const none: Places = new Map()

export function emptyLandscape(): KeptLandscape {
  const places = new Map<string, Place>()
  const [trees, classes, traits, aggregates] = [sorting(), sorting(), sorting(), sorting()]
  let below = 0

  const remove = (uuid: string) => {
    const old = places.get(uuid)
    if (!old) return
    places.delete(uuid)
    if (old.parentUuid !== null) below--
    trees.remove([old.rootUuid], uuid)
    classes.remove(old.stock.keys(), uuid)
    traits.remove(old.traits, uuid)
    aggregates.remove(old.aggregates, uuid)
    settle(old.rootUuid)
  }

  const store = (place: Place) => {
    const old = places.get(place.uuid)
    below += Number(place.parentUuid !== null) - Number(old !== undefined && old.parentUuid !== null)
    places.set(place.uuid, place)
    trees.put(old && [old.rootUuid], [place.rootUuid], place)
    classes.put(old && [...old.stock.keys()], [...place.stock.keys()], place)
    traits.put(old && [...old.traits], [...place.traits], place)
    aggregates.put(old && [...old.aggregates], [...place.aggregates], place)
    if (old && old.rootUuid !== place.rootUuid) settle(old.rootUuid)
  }

  /** After a tree has grown or shrunk. */
  const settle = (rootUuid: string) => {
    const tree = trees.get(rootUuid)
    for (const place of tree.values()) if (place.isAlone !== (tree.size === 1)) store({ ...place, isAlone: tree.size === 1 })
  }

  return {
    places,
    hasTrees: () => below > 0,
    treeOf: trees.get,
    having: classes.get,
    marked: traits.get,
    inAggregate: aggregates.get,
    remove,
    put(place) {
      const tree = trees.get(place.rootUuid)
      store({ ...place, isAlone: tree.size === 0 || (tree.size === 1 && tree.has(place.uuid)) })
      settle(place.rootUuid)
    },
  }
}

/** Places by some word each of them has. A place that is put again keeps its turn. */
function sorting() {
  const byWord = new Map<string, Map<string, Place>>()
  const remove = (words: Iterable<string>, uuid: string) => {
    for (const word of words) {
      const found = byWord.get(word)
      if (found?.delete(uuid) && found.size === 0) byWord.delete(word)
    }
  }
  return {
    get: (word: string): Places => byWord.get(word) ?? none,
    remove,
    put(before: readonly string[] = [], words: readonly string[], place: Place) {
      remove(
        before.filter(word => !words.includes(word)),
        place.uuid,
      )
      for (const word of words) {
        const found = byWord.get(word)
        if (found) found.set(place.uuid, place)
        else byWord.set(word, new Map([[place.uuid, place]]))
      }
    },
  }
}
