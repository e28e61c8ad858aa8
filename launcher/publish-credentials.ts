import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { ensurePasswords, writeCredentials } from './credentials.ts'
import type { Host } from './host.ts'
import type { Places } from './places.ts'
import { findRunning } from './running.ts'
import { services } from './services.ts'
import { openings, type Settings } from './settings.ts'
import { readTls } from './tls.ts'

export interface Publishing {
  readonly places: Places
  readonly settings: Settings
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly host: Host
  readonly clock: Clock
  readonly chance: Chance
}

/** Writes the files by which clients find the cloud, with the passwords as they are now and the address it has, or will have. */
export function publishCredentials({ places, settings, environment, host, clock, chance }: Publishing): void {
  const isKeystone = ({ name }: { readonly name: string }) => name === 'keystone'
  const running = findRunning(host, places.running)?.doors.find(isKeystone)?.url
  const authUrl = running ?? `${openings(settings, services.filter(isKeystone))[0]?.url}/v3`
  writeCredentials(places, ensurePasswords(places, settings, environment, chance), {
    authUrl,
    region: settings.DEFAULT.region_name,
    trust: readTls(settings, host, clock.now())?.trust,
  })
}
