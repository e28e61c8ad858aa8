import type { Globals } from './globals.ts'

/** How each service's tables are brought up to date; a service that has none here is not in this version. */
export const syncers: Readonly<Record<string, (globals: Globals) => Promise<void>>> = {}
