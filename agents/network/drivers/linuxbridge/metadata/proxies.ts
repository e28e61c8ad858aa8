import { stat } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { MetadataInstance, MetadataWiring } from '../../../contract/wiring.ts'
import { linkLocalOf } from '../../../contract/addresses.ts'
import type { NamespaceWish } from '../../../documents/desired/desired.ts'
import { fewAtOnce } from '../few-at-once.ts'
import { reasonOf } from '../run.ts'
import { answerWith, type MetadataDoor } from './answer.ts'
import { listenIn } from './listen.ts'

/** Answers for metadata in every namespace whose networks have guests: one process, a socket each. */
export interface Proxies {
  /** Says how many sockets were opened or closed, and what went wrong by namespace. */
  apply(
    wishes: readonly NamespaceWish[],
    metadata: readonly MetadataWiring[],
  ): Promise<{ changes: number; failed: ReadonlyMap<string, string> }>
  namespaces(): readonly string[]
  close(): Promise<void>
}

interface Open {
  readonly namespace: string
  readonly servers: readonly Server[]
}

export function metadataProxies({ door, log }: { readonly door: MetadataDoor; readonly log: Log }): Proxies {
  const open = new Map<string, Open>()
  const known = new Map<string, ReadonlyMap<string, MetadataInstance>>()
  const networks = new Map<string, readonly string[]>()

  const find = (namespace: string) => (address: string) => {
    for (const id of networks.get(namespace) ?? []) {
      const found = known.get(id)?.get(address)
      if (found) return found
    }
    return undefined
  }

  async function openAt(key: string, { name, metadata }: NamespaceWish): Promise<void> {
    const servers: Server[] = []
    try {
      for (const address of metadata?.addresses ?? []) {
        const socket = await listenIn(name, address, metadata?.port ?? 0)
        const server = createServer(answerWith({ door, log, find: find(name) }))
        server.listen(socket)
        servers.push(server)
      }
      open.set(key, { namespace: name, servers })
    } catch (error) {
      for (const server of servers) await ended(server)
      throw error
    }
  }

  async function closeAt(key: string): Promise<void> {
    for (const server of open.get(key)?.servers ?? []) await ended(server)
    open.delete(key)
  }

  return {
    apply: async (wishes, metadata) => {
      known.clear()
      for (const { networkId, instances } of metadata) known.set(networkId, new Map(instances.flatMap(namedBy)))
      const failed = new Map<string, string>()
      const wanted = new Map<string, NamespaceWish>()
      for (const wish of wishes.filter(each => each.metadata?.networkIds.some(id => known.get(id)?.size))) {
        networks.set(wish.name, wish.metadata?.networkIds ?? [])
        const key = await keyOf(wish).catch(() => undefined)
        if (key !== undefined) wanted.set(key, wish)
      }
      const gone = [...open.keys()].filter(key => !wanted.has(key))
      for (const key of gone) await closeAt(key)
      const missing = [...wanted].filter(([key]) => !open.has(key))
      await fewAtOnce(missing, ([key, wish]) => openAt(key, wish).catch(error => void failed.set(wish.name, reasonOf(error))))
      return { changes: gone.length + missing.length, failed }
    },
    namespaces: () => [...open.values()].map(({ namespace }) => namespace),
    close: async () => {
      for (const key of [...open.keys()]) await closeAt(key)
    },
  }
}

/** Over IPv6 a guest may ask from the address of its link, which it made from its MAC address. */
const namedBy = (instance: MetadataInstance) =>
  [...instance.addresses, linkLocalOf(instance.macAddress)].map(address => [address, instance] as const)

/** A namespace that was made anew under its old name is another one, and needs another socket. */
async function keyOf({ name, metadata }: NamespaceWish): Promise<string> {
  const { ino } = await stat(`/run/netns/${name}`)
  return [name, ino, ...(metadata?.addresses ?? []), metadata?.port].join(' ')
}

const ended = (server: Server): Promise<void> =>
  new Promise(resolve => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
