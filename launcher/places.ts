import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a cloud keeps what it keeps. */
export interface Places {
  readonly home: string
  readonly etc: string
  readonly logs: string
  readonly configFile: string
  readonly configDir: string
  /** Folders of plug-ins. */
  readonly plugins: string
  /** What runs: process, ports. Gone when nothing does. */
  readonly running: string
  /** `--home DIR`, when these places are not the usual ones, to be repeated in hints. */
  readonly hint: string
}

/** The folder of the sources: the one above this file's. */
export const sourceDir = fileURLToPath(new URL('..', import.meta.url))

export interface PlacesWish {
  readonly home?: string | undefined
  readonly isRoot: boolean
  /** One process among several of this home. */
  readonly instance?: string | undefined
}

/**
 * As root: `/var/lib/kilonova`, `/etc/kilonova`, `/var/log/kilonova`. With a home of one's own, and for everyone who is not root,
 * everything lies below that one directory.
 */
export function placesOf(wish: PlacesWish): Places {
  const own = wish.home ?? (wish.isRoot ? undefined : join(homedir(), '.kilonova'))
  const home = own === undefined ? '/var/lib/kilonova' : resolve(own)
  const etc = own === undefined ? '/etc/kilonova' : join(home, 'etc')
  return {
    home,
    etc,
    logs: own === undefined ? '/var/log/kilonova' : join(home, 'log'),
    configFile: join(etc, 'kilonova.conf'),
    configDir: join(etc, 'kilonova.conf.d'),
    plugins: join(etc, 'plugins'),
    running: join(home, wish.instance === undefined ? 'running.json' : `running-${wish.instance}.json`),
    hint: wish.home === undefined ? '' : ` --home ${home}`,
  }
}
