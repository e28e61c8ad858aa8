import type { Cause } from '@kilonova/platform/cause.ts'
import { type Body, type Endpoint, type May, declarations } from '@kilonova/platform/http/endpoint.ts'
import type { View } from '@kilonova/platform/http/view.ts'
import type { Words } from '@kilonova/platform/plugins/extension.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { InstanceActionLogic } from '../instance-actions/logic.ts'
import { askerOf, ofServer } from '../servers/api/asked.ts'
import type { Asker } from '../servers/logic/act.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import type { Databases } from './databases.ts'
import { versions } from '../versions.ts'

/** What a plug-in of compute is handed: the words of every service's, and those about servers. */
export interface ComputeWords extends Words, AboutServers {}

export interface AboutServers {
  /**
   * An action of servers: `{"<name>": {...}}` sent to `POST /servers/{server_id}/action`. The rule is asked with the server's project; a lock
   * holds whoever it holds elsewhere; what was done, and how it ended, is among the server's actions.
   */
  serverAction<B = undefined, R = void>(name: string, declared: ServerAction<B, R>): Endpoint
  /** Servers as they are, and what may be done with them: each act looks at locks and states, and is journalled work. */
  readonly servers: Pick<ServerLogic, 'get' | Verb>
  /** Who asks, as acts want to know it. */
  readonly askerOf: (asked: { readonly may: May; readonly caller: Caller }) => Asker
}

type Verb = 'start' | 'stop' | 'softReboot' | 'hardReboot' | 'pause' | 'unpause' | 'suspend' | 'resume'

export interface ServerAction<B, R> {
  readonly summary: string
  /** The rule's name. */
  readonly policy: string
  /** Of `{"<name>": ...}`; `null` is expected without it. */
  readonly body?: Body<B>
  /** 202 unless told. */
  readonly status?: number
  readonly since?: string
  readonly until?: string
  readonly view?: View<R>
  /** Also of a locked server, and by those whom its lock holds. */
  readonly evenLocked?: boolean
  readonly run: (asked: {
    readonly about: Server
    readonly body: B
    readonly caller: Caller
    readonly cause: Cause
    readonly may: May
  }) => Promise<R> | R
}

export interface WordRooms {
  readonly servers: ServerLogic
  readonly instanceActions: InstanceActionLogic
  readonly write: Databases['cell1']['transaction']
}

const { endpoint, plainBody } = declarations(versions, (root, items) => ({ [root]: items }))

export function aboutServers({ servers, instanceActions, write }: WordRooms): AboutServers {
  const note = (server: Server, action: string, cause: Cause, failure?: string) =>
    write(cause, tx => instanceActions.noteOver(tx, server.id, { action, failure }, cause))

  return {
    servers,
    askerOf,
    serverAction: <B, R>(name: string, { evenLocked = false, status = 202, run, ...declared }: ServerAction<B, R>) =>
      endpoint('POST /v2.1/servers/{server_id}/action', {
        body: plainBody<B>(name, { type: 'null' }),
        ...declared,
        ...{ action: name, status, target: ofServer },
        about: ({ params }) => servers.get(params.server_id),
        async run({ about, body, caller, cause, may }) {
          if (!evenLocked && about.lockedBy !== null && !askerOf({ may, caller }).isAdmin)
            throw new Refusal('conflict', `Instance ${about.id} is locked`)
          const result = await doneOr(
            () => run({ about, body, caller, cause, may }),
            error => note(about, name, cause, error instanceof Refusal ? error.message : 'It failed.'),
          )
          await note(about, name, cause)
          return result
        },
      }),
  }
}

/** What the work gives; what it fails with is noted first. */
async function doneOr<R>(work: () => Promise<R> | R, failed: (error: unknown) => Promise<unknown>): Promise<R> {
  try {
    return await work()
  } catch (error) {
    await failed(error)
    throw error
  }
}
