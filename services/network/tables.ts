import type { Database, Tx } from '@kilonova/platform/sql/database.ts'

/**
 * The tables of the network service, under the names people know from Neutron's schema. Rows are searched and kept by `tables/keeping.ts`, whose
 * tables of columns say what is in them; so here they are only rows.
 */
export type Tables = Record<string, Record<string, unknown>>

export type Transaction = Tx<Tables>
export type Reading = Database<Tables>['read']
/** Runs work in one transaction, anew where another one came first. */
export type Write = Database<Tables>['transaction']
