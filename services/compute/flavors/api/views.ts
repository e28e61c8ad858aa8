import { flag, decimal, dictionary, either, integer, list, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { lasting, shows } from '@kilonova/platform/http/view.ts'
import { since, view } from '../../versions.ts'
import type { Flavor } from '../flavor.ts'

/** A flavor with whether the one who asks may see its extra specs. */
export interface Seen {
  readonly flavor: Flavor
  readonly maySeeSpecs: boolean
}

const [shownWhole, shownInPart] = [new WeakMap<Flavor, Seen>(), new WeakMap<Flavor, Seen>()]

/** The same for the same flavor, so that what was written of it before is known again. */
export function seenBy(flavor: Flavor, maySeeSpecs: boolean): Seen {
  const known = maySeeSpecs ? shownWhole : shownInPart
  let seen = known.get(flavor)
  if (!seen) {
    seen = { flavor, maySeeSpecs }
    known.set(flavor, seen)
  }
  return seen
}

const shown = shows<Seen>()
const links = shown(list(object({ rel: text(), href: text() })), ({ flavor: { id } }, { base }) => [
  { rel: 'self', href: `${base}/v2.1/flavors/${id}` },
  { rel: 'bookmark', href: `${base}/flavors/${id}` },
])

// biome-ignore format: a table of fields
export const briefView = lasting(view('flavor', {
  id:          shown(text(), ({ flavor }) => flavor.id),
  name:        shown(text(), ({ flavor }) => flavor.name),
  links,
  description: since('2.55', shown(nullable(text()), ({ flavor }) => flavor.description)),
}), 'flavor')

// biome-ignore format: a table of fields
export const flavorView = lasting(view('flavor', {
  id:    shown(text(), ({ flavor }) => flavor.id),
  name:  shown(text(), ({ flavor }) => flavor.name),
  ram:   shown(integer(), ({ flavor }) => flavor.memoryMb),
  vcpus: shown(integer(), ({ flavor }) => flavor.vcpus),
  disk:  shown(integer(), ({ flavor }) => flavor.diskGb),
  // NOTE: no swap is an empty text, as Nova writes it before 2.75.
  swap:  [shown(either(oneOf(''), integer()), ({ flavor }) => (flavor.swapMb === 0 ? '' : flavor.swapMb)),
          since('2.75', shown(integer(), ({ flavor }) => flavor.swapMb))],
  rxtx_factor: shown(decimal(), ({ flavor }) => flavor.rxtxFactor),
  'OS-FLV-EXT-DATA:ephemeral':  shown(integer(), ({ flavor }) => flavor.ephemeralGb),
  'OS-FLV-DISABLED:disabled':   shown(flag, ({ flavor }) => flavor.isDisabled),
  'os-flavor-access:is_public': shown(flag, ({ flavor }) => flavor.isPublic),
  links,
  description: since('2.55', shown(nullable(text()), ({ flavor }) => flavor.description)),
  extra_specs: since('2.61', shown(dictionary(text()), ({ flavor, maySeeSpecs }) => (maySeeSpecs ? flavor.extraSpecs : undefined))),
}), 'flavor')
