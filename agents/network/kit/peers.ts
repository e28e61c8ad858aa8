import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { inNamespace } from '../drivers/linuxbridge/run.ts'
import type { Answer, Question, Transport } from './question.ts'

/** A guest's own program, which talks to the programs of other guests. */
export interface Peer {
  /** Answers at that port, on both versions of IP. */
  echoes(over: Transport, ...ports: readonly number[]): Promise<void>
  reaches(over: Transport, address: string, port: number, from?: string): Promise<boolean>
  /** A TCP connection that stays open. */
  opens(address: string, port: number): Promise<Talk>
  /** Takes what comes, and counts it. */
  sinks(over: Transport, port: number): Promise<{ taken(): Promise<{ bytes: number; packets: number }> }>
  shoots(address: string, port: number, load: { readonly bytes: number; readonly count: number }): Promise<number>
  /** Seconds for so many bytes to the last. */
  copies(address: string, port: number, bytes: number): Promise<number>
  /** What a program printed that ended well. */
  runs(program: string, args: readonly string[]): Promise<string>
  /** Starts a program that goes on; how many bytes it has printed. */
  starts(program: string, args: readonly string[]): Promise<{ printed(): Promise<number> }>
  end(): void
}

export interface Talk {
  /** Whether a word comes back. */
  goesOn(): Promise<boolean>
}

/** How a guest's program is spoken to. */
export interface Line {
  send(message: object): void
  /** Tells what the program says, from its first word on, and when it will say no more. */
  listen(heard: (answer: Answer) => void, ended: (why: Error) => void): void
  end(): void
}

/** Silence is what a filter answers with: how long an answer is waited for. */
const reachMs = 1_000

export const startPeer = (namespace: string): Promise<Peer> => {
  const [command, args] = inNamespace(namespace, process.execPath, [join(import.meta.dirname, 'peer.ts')])
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  return peerOn(
    {
      send: message => void child.send(message),
      listen: (heard, ended) => {
        child.on('message', heard)
        child.once('error', ended)
        child.once('exit', code => ended(new Error(`the guest's program ended with ${code}`)))
      },
      end: () => void child.kill('SIGKILL'),
    },
    reachMs,
  )
}

export async function peerOn(line: Line, limitMs: number): Promise<Peer> {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const ready = Promise.withResolvers<void>()
  line.listen(
    answer => {
      if (answer.ready) return ready.resolve()
      const asked = waiting.get(answer.id ?? -1)
      waiting.delete(answer.id ?? -1)
      if (answer.failed === undefined) asked?.resolve(answer.found)
      else asked?.reject(new Error(answer.failed))
    },
    why => {
      ready.reject(why)
      for (const each of waiting.values()) each.reject(why)
    },
  )
  await ready.promise
  let serial = 0
  const ask = <T>(question: Question): Promise<T> => {
    const mine = Promise.withResolvers<unknown>()
    waiting.set(++serial, mine)
    line.send({ id: serial, question })
    return mine.promise as Promise<T>
  }
  return {
    echoes: async (over, ...ports) => {
      await Promise.all(ports.map(port => ask({ what: 'echo', over, port })))
    },
    reaches: (over, address, port, from) => ask({ what: 'reach', over, address, port, from, limitMs }),
    opens: async (address, port) => {
      const connection = await ask<number>({ what: 'open', address, port, limitMs })
      if (connection < 0) throw new Error(`no connection to ${address} port ${port}`)
      return { goesOn: () => ask({ what: 'say', connection, limitMs }) }
    },
    sinks: async (over, port) => {
      await ask({ what: 'sink', over, port })
      return { taken: () => ask({ what: 'taken', port }) }
    },
    shoots: (address, port, load) => ask({ what: 'shoot', address, port, ...load }),
    copies: async (address, port, bytes) => (await ask<number>({ what: 'copy', address, port, bytes })) / 1000,
    runs: (program, args) => ask({ what: 'run', program, args }),
    starts: async (program, args) => {
      const started = await ask<number>({ what: 'start', program, args })
      return { printed: () => ask({ what: 'printed', started }) }
    },
    end: () => line.end(),
  }
}
