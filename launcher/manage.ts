/**
 * What the verbs of OpenStack's manage tools mean here. `sync` brings a service's tables up to date; `nothing` is true at once, and says
 * why; `missing` is not built, fails and says so. A verb that is not in the table is unknown. Nothing ever pretends.
 */
export type Deed =
  | { readonly does: 'sync'; readonly service: string }
  | { readonly does: 'nothing'; readonly why: string }
  | { readonly does: 'missing'; readonly why: string }

const sync = (service: string): Deed => ({ does: 'sync', service })
const nothing = (why: string): Deed => ({ does: 'nothing', why })
const missing = (why: string): Deed => ({ does: 'missing', why })

const oneCell = 'there is one cell, and it needs no setting up'

/** By tool, then by the words of the verb. */
export const verbs: Readonly<Record<string, Readonly<Record<string, Deed>>>> = {
  'nova-manage': {
    'api_db sync': sync('nova'),
    'db sync': sync('nova'),
    'db online_data_migrations': nothing('migrations are done when the tables are brought up to date'),
    'api_db online_data_migrations': nothing('migrations are done when the tables are brought up to date'),
    'cell_v2 simple_cell_setup': nothing(oneCell),
    'cell_v2 map_cell0': nothing(oneCell),
    'cell_v2 create_cell': nothing(oneCell),
    'cell_v2 map_cell_and_hosts': nothing(oneCell),
    'cell_v2 discover_hosts': nothing('a host is known as soon as it reports'),
    'cell_v2 update_cell': nothing(oneCell),
    'cell_v2 list_cells': missing('the list of cells'),
    'cell_v2 list_hosts': missing('the list of hosts'),
    'placement heal_allocations': missing('healing allocations'),
    'placement sync_aggregates': missing('syncing aggregates'),
    'placement update_aggregates': missing('syncing aggregates'),
  },
  'keystone-manage': {
    db_sync: sync('keystone'),
    fernet_setup: missing('making the keys of tokens by hand; `kilonova up` makes them'),
    fernet_rotate: missing('turning the keys of tokens over by hand'),
    credential_setup: missing('making the keys of credentials by hand; `kilonova up` makes them'),
    bootstrap: missing('making the first administrator by hand; `kilonova up` does it'),
  },
  'glance-manage': { db_sync: sync('glance'), 'db sync': sync('glance'), 'db load_metadefs': missing('loading metadata definitions') },
  'neutron-db-manage': { upgrade: sync('neutron') },
  'cinder-manage': { 'db sync': sync('cinder') },
  'placement-manage': { 'db sync': sync('placement') },
}

/** The deed of a command line; options in front and behind (`--config-file x`, `--bootstrap-password y`) do not name it. */
export function deedOf(tool: string, words: readonly string[]): { readonly deed: Deed; readonly verb: string } | undefined {
  const table = verbs[tool] ?? {}
  const plain = withoutOptions(words)
  for (const count of [2, 1]) {
    const verb = plain.slice(0, count).join(' ')
    const deed = table[verb]
    if (deed !== undefined && verb !== '') return { deed, verb }
  }
  return undefined
}

/** Options of which the next word is a value, in front of the verb. */
const valued = new Set(['--config-file', '--config-dir', '--log-file', '--log-dir', '--subproject'])

function withoutOptions(words: readonly string[]): readonly string[] {
  return words.filter((word, at) => !word.startsWith('-') && !valued.has(words[at - 1] ?? ''))
}
