import type { GuestState, PowerState } from '../../contract/guest.ts'
import { nameTaken, noGuest } from '../driver.ts'

/** One domain of a pretended machine. */
export interface FakeDomain {
  readonly uuid: string
  readonly name: string
  readonly vcpus: number
  readonly memoryMb: number
  readonly hasConfigDrive: boolean
  readonly vncPort: number
  power: PowerState
  /** Whether its memory was kept when it was turned off. */
  isSaved: boolean
  /** Whether anybody inside answers the host. */
  readonly hasAgent: boolean
}

export type Defined = Pick<FakeDomain, 'uuid' | 'name' | 'vcpus' | 'memoryMb' | 'hasConfigDrive' | 'hasAgent'>

/** The domains of one pretended machine, each with its power. */
export interface FakeMachine {
  find(uuid: string): FakeDomain | undefined
  get(uuid: string): FakeDomain
  list(): FakeDomain[]
  /** Makes it, or makes it anew with the power it has. */
  define(wish: Defined): FakeDomain
  remove(uuid: string): boolean
}

export const stateOf = ({ uuid, name, power, vncPort }: FakeDomain): GuestState => ({
  ...{ uuid, name, power },
  ...(power === 'running' || power === 'paused' ? { vnc: { host: '127.0.0.1', port: vncPort } } : {}),
})

export function fakeMachine(): FakeMachine {
  const domains = new Map<string, FakeDomain>()
  const names = new Map<string, string>()
  const ports = new Set<number>()
  const freePort = (): number => {
    for (let port = 5900; ; port++) if (!ports.has(port)) return port
  }
  return {
    find: uuid => domains.get(uuid),
    get: uuid => {
      const found = domains.get(uuid)
      if (!found) throw noGuest(uuid)
      return found
    },
    list: () => [...domains.values()],
    define: wish => {
      const namesake = names.get(wish.name)
      if (namesake !== undefined && namesake !== wish.uuid) throw nameTaken(wish.name, namesake)
      const { power = 'shutdown', vncPort = freePort(), hasConfigDrive = false } = domains.get(wish.uuid) ?? {}
      // A drive that was written stays, though its text is not said again.
      const domain: FakeDomain = { ...wish, power, vncPort, isSaved: false, hasConfigDrive: hasConfigDrive || wish.hasConfigDrive }
      domains.set(wish.uuid, domain)
      names.set(wish.name, wish.uuid)
      ports.add(vncPort)
      return domain
    },
    remove: uuid => {
      const found = domains.get(uuid)
      if (!found) return false
      names.delete(found.name)
      ports.delete(found.vncPort)
      return domains.delete(uuid)
    },
  }
}
