import type { Clock } from '@kilonova/platform/clock.ts'
import type { Host } from '../host.ts'
import type { OfHome } from '../of-home.ts'
import type { Places } from '../places.ts'
import type { Service } from '../services.ts'
import type { Settings } from '../settings.ts'
import type { SignIn } from './sign-in.ts'

/** What a check looks at. The host is handed in, so that a test can put a broken one in its place. */
export interface Patient {
  readonly host: Host
  readonly places: Places
  readonly clock: Clock
  /** Of the daemons that this home is. */
  readonly settings: Settings
  readonly home: OfHome
  /** The services that are wanted and in this version, each with what its daemons here need. */
  readonly services: readonly Service[]
  readonly signIn: SignIn
}

export interface Finding {
  readonly level: 'ok' | 'warn' | 'FAIL'
  readonly says: string
  /** The exact command or setting that mends it. */
  readonly remedy?: string
}

export interface Check {
  readonly name: string
  run(patient: Patient): Promise<readonly Finding[]> | readonly Finding[]
}

export const ok = (says: string): Finding => ({ level: 'ok', says })
export const warn = (says: string, remedy: string): Finding => ({ level: 'warn', says, remedy })
export const fail = (says: string, remedy: string): Finding => ({ level: 'FAIL', says, remedy })

export const wants = ({ services }: Patient, need: Service['needs'][number]) => services.some(({ needs }) => needs.includes(need))

export const gib = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`
