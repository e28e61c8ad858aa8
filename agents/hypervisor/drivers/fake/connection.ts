import { Refusal } from '@kilonova/platform/refusal.ts'
import type { GuestState, PowerState } from '../../contract/guest.ts'
import { nameTaken } from '../driver.ts'

interface Domain {
  readonly uuid: string
  readonly name: string
  power: PowerState
  readonly vncPort: number
}

/** The domains of one pretended machine, each with its power. */
export interface FakeMachine {
  find(uuid: string): GuestState | undefined
  get(uuid: string): GuestState
  list(): GuestState[]
  /** Defines it if need be, and turns it on. */
  start(uuid: string, name: string): GuestState
  set(uuid: string, power: PowerState): GuestState
  remove(uuid: string): boolean
}

export function fakeMachine(): FakeMachine {
  const domains = new Map<string, Domain>()
  const state = ({ uuid, name, power, vncPort }: Domain): GuestState => ({
    uuid,
    name,
    power,
    ...(power === 'running' || power === 'paused' ? { vnc: { host: '127.0.0.1', port: vncPort } } : {}),
  })
  const domain = (uuid: string): Domain => {
    const found = domains.get(uuid)
    if (!found) throw new Refusal('not-found', `Instance ${uuid} could not be found.`)
    return found
  }
  const freePort = (): number => {
    const taken = new Set([...domains.values()].map(each => each.vncPort))
    for (let port = 5900; ; port++) if (!taken.has(port)) return port
  }
  return {
    find: uuid => {
      const found = domains.get(uuid)
      return found && state(found)
    },
    get: uuid => state(domain(uuid)),
    list: () => [...domains.values()].map(state),
    start: (uuid, name) => {
      const namesake = [...domains.values()].find(each => each.name === name && each.uuid !== uuid)
      if (namesake) throw nameTaken(name, namesake.uuid)
      const started = domains.get(uuid) ?? { uuid, name, power: 'shutdown', vncPort: freePort() }
      started.power = 'running'
      domains.set(uuid, started)
      return state(started)
    },
    set: (uuid, power) => {
      const changed = domain(uuid)
      changed.power = power
      return state(changed)
    },
    remove: uuid => domains.delete(uuid),
  }
}
