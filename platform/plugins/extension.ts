import type { Cause } from '../cause.ts'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import { answer, type declarations, type Endpoint, open } from '../http/endpoint.ts'
import { optional, required } from '../http/fields.ts'
import * as shapes from '../http/shape.ts'
import { shows } from '../http/view.ts'
import type { Log } from '../log/log.ts'
import type { PolicyDefaults } from '../policy/policy.ts'
import { Refusal } from '../refusal.ts'

/**
 * What a plug-in adds to a service's API. Its module exports one function, which is handed everything it may use and imports nothing of
 * ours: so it lies anywhere, and lives on when files here move.
 *
 *     export const extension = (words: Words): Extension => ({ alias: 'os-widgets', ... })
 */
export interface Extension {
  /** By which `GET /extensions` lists it: `os-widgets`. */
  readonly alias: string
  readonly name: string
  readonly description: string
  /** When it last changed: `2026-01-31T00:00:00Z`. */
  readonly updated: string
  readonly endpoints: readonly Endpoint[]
  /** The rules its endpoints name, beside those of the service. */
  readonly policies: PolicyDefaults
}

/** The declaring words of the service, bound to its versions, and the rooms of the plug-in. */
export interface Words extends ReturnType<typeof declarations>, Rooms {
  readonly required: typeof required
  readonly optional: typeof optional
  readonly shows: typeof shows
  readonly open: typeof open
  readonly answer: typeof answer
  readonly shapes: typeof shapes
  readonly Refusal: typeof Refusal
}

export interface Rooms {
  /** What it keeps: in the service's database, apart from everybody else's. */
  readonly records: Records
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** A record is a JSON object under an id. Each write is one transaction with its line in the change log. */
export interface Records {
  list(filter?: { readonly projectId?: string | undefined }): Promise<readonly KeptRecord[]>
  find(id: string): Promise<KeptRecord | undefined>
  insert(record: NewRecord, cause: Cause): Promise<KeptRecord>
  /** Nothing, when there is no such record. */
  update(id: string, value: JsonObject, cause: Cause): Promise<KeptRecord | undefined>
  /** False, when there was none. */
  delete(id: string, cause: Cause): Promise<boolean>
}

export type JsonObject = Readonly<Record<string, unknown>>

export interface NewRecord {
  readonly id: string
  /** Whose it is: they see its changes in the stream, so it holds no secret. */
  readonly projectId?: string | undefined
  readonly value: JsonObject
}

export interface KeptRecord {
  readonly id: string
  readonly projectId: string | undefined
  readonly value: JsonObject
  readonly createdAt: string
  readonly updatedAt: string
}

export const wordsOf = (declaring: ReturnType<typeof declarations>, rooms: Rooms): Words => ({
  ...declaring,
  ...rooms,
  required,
  optional,
  shows,
  open,
  answer,
  shapes,
  Refusal,
})
