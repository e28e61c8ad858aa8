import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkService } from '@kilonova/network/main.ts'
import type { Rooms } from './cloud.ts'
import { bridgeNames, freeBlock, insideBlocks, isUsed, outsideBlocks, routesOf, standUp, tearDown } from './demo-network/host.ts'
import type { Host } from './host.ts'

/** What is said of it in `up`, `status` and `doctor`. */
const topic = 'networks public and private'

/** The physical network that the bridge stands for. */
const physicalNetwork = 'public'

export interface DemoRooms extends Pick<Rooms, 'chance' | 'logOf' | 'remark' | 'note' | 'places'> {
  readonly host: Pick<Host, 'run' | 'readText' | 'isRoot'>
  /** Nothing where it is in another process: then the way out alone is stood up, where it was chosen before. */
  readonly network: Pick<NetworkService, 'firstNetworks' | 'isNew'> | undefined
  readonly isWanted: boolean
  /** Whether a cloud that gets the networks is to get a server too. */
  readonly wantsServer: boolean
  projectNamed(name: string): Promise<string | undefined>
}

/** What was chosen when the cloud was new, and holds as long as it lives: addresses of servers are cut from it. */
interface Chosen {
  readonly bridge: string
  readonly outside: string
  readonly inside: string
  readonly isMade: boolean
  /** Still to come, while the cloud is new; nothing when it has been there, or never was wanted. */
  readonly server?: 'wanted'
}

export interface DemoNetwork {
  /** For the host's agent: which bridge leads to which physical network. */
  readonly bridgeMappings: Readonly<Record<string, string>>
  begin(): Promise<void>
  /** Given while the cloud waits for its first server: to be called when it is there. */
  readonly firstServerSettled: (() => void) | undefined
  /** A cloud with a home of its own leaves nothing behind, unless guests are reached by it. */
  close(): Promise<void>
}

const nothing: DemoNetwork = { bridgeMappings: {}, begin: async () => {}, firstServerSettled: undefined, close: async () => {} }

/**
 * Gives a new cloud a way out: a bridge on this host with a block of addresses of its own, whose packets leave under the host's address, and
 * the networks that use it. The bridge is stood up at every start; the networks belong to the people of the cloud once they are made.
 */
export async function demoNetwork(rooms: DemoRooms): Promise<DemoNetwork> {
  const { host, places, remark, note, logOf } = rooms
  const file = fileOf(places)
  const kept = readChosen(host, file)
  if (!host.isRoot || (kept === undefined && !(rooms.isWanted && (await rooms.network?.isNew())))) return nothing
  try {
    let chosen = kept ?? (await choose(rooms))
    const settle = (change: (now: Chosen) => Chosen) => {
      chosen = change(chosen)
      keep(file, chosen)
    }
    if (!kept) keep(file, chosen)
    await standUp(host, { bridge: chosen.bridge, cidr: chosen.outside, mark: markOf(places) })
    const begin = async () => {
      const { network } = rooms
      if (!chosen.isMade && network) await make({ ...rooms, network }, chosen)
      if (!chosen.isMade && network) settle(now => ({ ...now, isMade: true }))
      note(topic, `are there: ${chosen.outside} on ${chosen.bridge}, which the host translates`)
    }
    return {
      bridgeMappings: { [physicalNetwork]: chosen.bridge },
      begin: () => begin().catch(error => remark(topic, `they could not be made: ${wordsOf(error)}`)),
      firstServerSettled: chosen.server && rooms.wantsServer ? () => settle(({ server: _, ...now }) => now) : undefined,
      close: async () => {
        const isIdle = places.hint !== '' && !(await isUsed(host, chosen.bridge))
        if (isIdle)
          await tearDown(host, { bridge: chosen.bridge, mark: markOf(places) }).catch(leaving =>
            logOf('neutron-server').warn(`${topic}: the way out stays: ${wordsOf(leaving)}`),
          )
      },
    }
  } catch (error) {
    remark(topic, `there is no way out: ${wordsOf(error)}`)
    return nothing
  }
}

async function choose({ host, places, wantsServer }: DemoRooms): Promise<Chosen> {
  const { taken, links } = await routesOf(host)
  const bridge = bridgeNames(places).find(name => !links.has(name))
  const [outside, inside] = [freeBlock(outsideBlocks, taken), freeBlock(insideBlocks, taken)]
  if (bridge === undefined) throw new Error('every name for its bridge is taken')
  if (outside === undefined || inside === undefined) throw new Error('every block of addresses for it is in use on this host')
  return { bridge, outside, inside, isMade: false, ...(wantsServer ? { server: 'wanted' } : {}) }
}

type MakingRooms = DemoRooms & { readonly network: NonNullable<DemoRooms['network']> }
async function make({ host, network, chance, projectNamed }: MakingRooms, { outside, inside }: Chosen): Promise<void> {
  const [adminProject, memberProject] = [await projectNamed('admin'), await projectNamed('demo')]
  if (adminProject === undefined || memberProject === undefined) throw new Error('the projects admin and demo are not there')
  const at = (last: number) => outside.replace(/\d+\/\d+$/, `${last}`)
  const cause = { requestId: `req-${chance.uuid()}`, why: 'a new cloud gets its first networks' }
  await network.firstNetworks.provide(
    {
      ...{ adminProject, memberProject },
      outside: { physicalNetwork, cidr: outside, gateway: at(1), pool: { start: at(10), end: at(254) } },
      inside: { cidr: inside, nameservers: nameserversOf(host.readText('/etc/resolv.conf') ?? '') },
    },
    { cause },
  )
}

/** Whom the host asks; one that only the host itself can reach is of no use to guests. */
export const nameserversOf = (text: string): readonly string[] =>
  [...text.matchAll(/^nameserver\s+(\d+(?:\.\d+){3})\s*$/gm)]
    .map(([, address = '']) => address)
    .filter(address => !address.startsWith('127.'))

export const fileOf = ({ home }: Pick<Rooms['places'], 'home'>) => join(home, 'first-networks.json')
export const markOf = ({ home }: Pick<Rooms['places'], 'home'>) => `kilonova-public:${home}`

export function readChosen(host: Pick<Host, 'readText'>, file: string): Chosen | undefined {
  const text = host.readText(file)
  return text === undefined ? undefined : (JSON.parse(text) as Chosen)
}

const keep = (file: string, chosen: Chosen) => writeFileSync(file, `${JSON.stringify(chosen)}\n`, { mode: 0o600 })

const wordsOf = (error: unknown) => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
