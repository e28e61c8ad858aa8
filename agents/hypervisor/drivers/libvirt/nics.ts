import { readdir } from 'node:fs/promises'
import type { Guest } from '../../contract/guest.ts'
import type { Run } from './run.ts'

/**
 * The bridges that guests' cables are plugged into. libvirt makes and removes the cables (taps) with the power; the network agent
 * fills the bridge with everything else. Whoever of us comes first makes the bridge.
 */
export interface Nics {
  /** Names the bridges it had to make. */
  ensure(guest: Pick<Guest, 'nics'>): Promise<readonly string[]>
  /** Takes those of the bridges away that nothing is plugged into. */
  remove(bridges: readonly string[]): Promise<void>
}

const network = '/sys/class/net'

export function hostNics(run: Run): Nics {
  return {
    ensure: async guest => {
      const made: string[] = []
      for (const bridge of new Set(guest.nics.map(nic => nic.bridge))) {
        if (await isThere(bridge)) continue
        await run('ip', ['link', 'add', 'name', bridge, 'type', 'bridge', 'forward_delay', '0', 'stp_state', '0'])
        made.push(bridge)
        await run('ip', ['link', 'set', bridge, 'up'])
      }
      return made
    },
    remove: async bridges => {
      for (const bridge of bridges) if (await isIdle(bridge)) await run('ip', ['link', 'delete', bridge, 'type', 'bridge'])
    },
  }
}

const isThere = (name: string): Promise<boolean> =>
  readdir(`${network}/${name}`).then(
    () => true,
    () => false,
  )

const isIdle = (bridge: string): Promise<boolean> =>
  readdir(`${network}/${bridge}/brif`).then(
    ports => ports.length === 0,
    () => false,
  )
