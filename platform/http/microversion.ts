import type { IncomingHttpHeaders } from 'node:http'
import type { Ladder } from '../ladder.ts'

/** A service whose callers choose a rung of the ladder by a header. */
export interface Microversions {
  /** The word before the number in `OpenStack-API-Version`: `compute`, `placement`, `volume`. */
  readonly service: string
  /** An older header that still counts: `X-OpenStack-Nova-API-Version`. */
  readonly legacyHeader?: string
}

export type Chosen = { readonly version: string } | { readonly wrong: string; readonly malformed: boolean }

/** The rung a request asked for, and the number its answer names. */
export function agreedVersion(
  versions: Ladder,
  rule: Microversions,
  headers: IncomingHttpHeaders,
): { readonly chosen: Chosen; readonly echo: string } {
  const wish = wished(rule, headers)
  return { chosen: chosen(versions, wish), echo: echoed(versions, wish) }
}

/** The lowest rung when none was asked for, the highest for `latest`. */
function chosen(versions: Ladder, wish: string | undefined): Chosen {
  if (wish === undefined) return { version: versions.first }
  if (wish === 'latest') return { version: versions.latest }
  if (!numberForm.test(wish)) return { wrong: wish, malformed: true }
  const rung = rungBelow(versions, wish)
  return rung === undefined ? { wrong: wish, malformed: false } : { version: rung }
}

const numberForm = /^[1-9]\d*\.(0|[1-9]\d*)$/

/** The rung a version means. A number between two rungs behaves as the rung below it: nothing changed in between. */
export function rungBelow(versions: Ladder, version: string): string | undefined {
  if (versions.rank(version) >= 0) return version
  if (!numberForm.test(version) || compare(version, versions.first) < 0 || compare(version, versions.latest) > 0) return undefined
  return versions.order.findLast(rung => compare(rung, version) <= 0)
}

/** The number to echo: the one asked for, even where it falls between two rungs. */
const echoed = (versions: Ladder, wish: string | undefined): string =>
  wish === undefined ? versions.first : wish === 'latest' ? versions.latest : wish

function wished({ service, legacyHeader }: Microversions, headers: IncomingHttpHeaders): string | undefined {
  const modern = [headers['openstack-api-version']].flat().join(',')
  if (modern !== '')
    for (const part of modern.split(',')) {
      const [word, number] = part.trim().split(/\s+/)
      if (word?.toLowerCase() === service && number) return number.toLowerCase()
    }
  const legacy = legacyHeader === undefined ? undefined : headers[legacyHeader.toLowerCase()]
  return typeof legacy === 'string' && legacy.trim() !== '' ? legacy.trim().toLowerCase() : undefined
}

const compare = (a: string, b: string): number => {
  const [aMajor = 0, aMinor = 0] = a.split('.').map(Number)
  const [bMajor = 0, bMinor = 0] = b.split('.').map(Number)
  return aMajor - bMajor || aMinor - bMinor
}
