import type { Server } from '../server.ts'
import { type Cabled, cabling } from './cables.ts'
import type { Rooms } from './rooms.ts'

/** What the one who looks may see. */
export interface Eyes {
  readonly isAdmin: boolean
  /** Where it runs, and under which name. */
  readonly isOperator: boolean
  readonly seesExtraSpecs: boolean
  readonly seesHostStatus: 'all' | 'unknown' | 'none'
}

/** A server with what others know of it. */
export interface Seen {
  readonly server: Server
  readonly eyes: Eyes
  readonly hostId: string
  readonly hostStatus: string | undefined
  /** The ids of its server groups; absent in lists. */
  readonly groups: readonly string[] | undefined
  /** The names of its security groups. */
  readonly groupNames: readonly string[]
  readonly volumes: readonly object[]
  readonly adminPass?: string | undefined
}

type Needed = Pick<Rooms, 'services' | 'groups' | 'digest' | 'network' | 'unheard'>

export const presenting = ({ services, groups, digest, network, unheard }: Needed) => {
  const cabledNow = cabling({ network, unheard })
  const known = new Map<string, string>()
  /** The same host has another name for each project. */
  const hostIdOf = ({ projectId, host }: Server): string => {
    if (host === null) return ''
    const key = `${projectId}${host}`
    const id = known.get(key) ?? digest(key)
    if (known.size < 10_000) known.set(key, id)
    return id
  }
  const hostStatuses = async ({ seesHostStatus }: Eyes, servers: readonly Server[]) => {
    if (seesHostStatus === 'none') return () => undefined
    const hosts = new Set(servers.flatMap(({ host }) => host ?? []))
    const standings = new Map((await services.computesOn([...hosts])).map(one => [one.host, one]))
    return ({ host }: Server): string | undefined => {
      const service = standings.get(host ?? '')
      const status = !service
        ? ''
        : service.isForcedDown
          ? 'DOWN'
          : service.isDisabled
            ? 'MAINTENANCE'
            : services.isUp(service)
              ? 'UP'
              : 'UNKNOWN'
      return seesHostStatus === 'all' || status === 'UNKNOWN' ? status : undefined
    }
  }

  const seen = ({ server, groupNames }: Cabled, eyes: Eyes, hostStatus: string | undefined): Seen => ({
    ...{ server, eyes, hostStatus, hostId: hostIdOf(server), groups: undefined, groupNames, volumes: [] },
  })

  return {
    hostIdOf,

    /** A server with its cables and addresses as they are now. */
    async cabled(server: Server): Promise<Server> {
      const [now] = await cabledNow([server])
      return now?.server ?? server
    },
    async presentAll(servers: readonly Server[], eyes: Eyes): Promise<readonly Seen[]> {
      const statusOf = await hostStatuses(eyes, servers)
      return (await cabledNow(servers)).map(one => seen(one, eyes, statusOf(one.server)))
    },
    async present(server: Server, eyes: Eyes, adminPass?: string): Promise<Seen> {
      const statusOf = await hostStatuses(eyes, [server])
      const [cabled = { server, groupNames: [] }] = await cabledNow([server])
      return { ...seen(cabled, eyes, statusOf(server)), groups: await groups.listOf(server.id), adminPass }
    },
  }
}
