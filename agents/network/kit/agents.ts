import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { WiringDone, WiringWish } from '../contract/messages.ts'
import type { HostWiring } from '../contract/wiring.ts'
import type { YardHost } from './hosts.ts'

/** An agent that runs beside the test, and can be killed as agents are. */
export interface AgentProcess {
  /** Tells it the whole, or a change since what it was told last. */
  wire(wiring: HostWiring): Promise<WiringDone>
  change(put: Partial<HostWiring>): Promise<WiringDone>
  /** As `kill -9` does it, in the middle of whatever it is at. */
  kill(): Promise<void>
}

export async function startAgent({ namespace, stateDir }: Pick<YardHost, 'namespace' | 'stateDir'>): Promise<AgentProcess> {
  const child = fork(join(import.meta.dirname, 'agent.ts'), [namespace, stateDir], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const ended = new Promise<void>(resolve => child.once('exit', () => resolve()))
  const heard = <T>() =>
    new Promise<T>((resolve, reject) => {
      child.once('message', (said: { failed?: string }) =>
        said.failed === undefined ? resolve(said as T) : reject(new Error(said.failed)),
      )
      void ended.then(() => reject(new Error('the agent is gone')))
    })
  await heard<{ ready: true }>()
  let revision = 0
  const tell = (wish: Omit<WiringWish, 'revision'>) => {
    const done = heard<WiringDone>()
    child.send({ revision: ++revision, ...wish })
    return done
  }
  return {
    wire: full => tell({ full }),
    change: put => tell({ change: { since: revision, put, gone: {} } }),
    kill: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}
