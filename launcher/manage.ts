import type { glanceDeeds } from './glance-manage.ts'
import type { keystoneDeeds } from './keystone-manage.ts'
import type { novaDeeds } from './nova-manage.ts'

/**
 * What the verbs of OpenStack's manage tools mean here. `sync` brings a service's tables up to date; `keystone`,
 * `glance` and `nova` are done by the files of those names;  `now` is the name of today of an old verb; `nothing` is true at once,
 * and says why; `missing` is not built, fails and says so. A verb that is not in the table is unknown. Nothing ever pretends.
 */
export type Deed =
  | { readonly does: 'keystone'; readonly deed: keyof typeof keystoneDeeds }
  | { readonly does: 'glance'; readonly deed: keyof typeof glanceDeeds }
  | { readonly does: 'nova'; readonly deed: keyof typeof novaDeeds; readonly now?: string }
  | { readonly does: 'sync'; readonly service: string }
  | { readonly does: 'nothing'; readonly why: string }
  | { readonly does: 'missing'; readonly why: string }

const sync = (service: string): Deed => ({ does: 'sync', service })
const keystone = (deed: keyof typeof keystoneDeeds): Deed => ({ does: 'keystone', deed })
const glance = (deed: keyof typeof glanceDeeds): Deed => ({ does: 'glance', deed })
const nova = (deed: keyof typeof novaDeeds, now?: string): Deed => ({ does: 'nova', deed, ...(now === undefined ? {} : { now }) })
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
    'placement heal_allocations': nova('healAllocations'),
    'placement sync_aggregates': nova('syncAggregates'),
    'placement update_aggregates': nova('syncAggregates', 'sync_aggregates'),
  },
  'keystone-manage': {
    db_sync: sync('keystone'),
    fernet_setup: keystone('setUpTokenKeys'),
    token_setup: keystone('setUpTokenKeys'),
    fernet_rotate: keystone('rotateTokenKeys'),
    token_rotate: keystone('rotateTokenKeys'),
    receipt_setup: nothing('receipts are sealed with the keys of tokens'),
    receipt_rotate: nothing('receipts are sealed with the keys of tokens, which fernet_rotate turns over'),
    credential_setup: keystone('setUpCredentialKeys'),
    credential_migrate: keystone('migrateCredentials'),
    credential_rotate: keystone('rotateCredentialKeys'),
    bootstrap: keystone('bootstrap'),
    token_flush: nothing('a token is not stored: it is sealed text that ends by itself'),
    trust_flush: keystone('flushTrusts'),
    doctor: nothing('`kilonova doctor` looks at this machine and at the whole cloud'),
    domain_config_upload: missing('uploading configurations of domains from files'),
    mapping_engine: missing('trying out federation mappings'),
    saml_idp_metadata: missing('metadata of an identity provider'),
  },
  'glance-manage': {
    db_sync: sync('glance'),
    'db sync': sync('glance'),
    'db load_metadefs': glance('loadDefinitions'),
    db_load_metadefs: glance('loadDefinitions'),
    'db unload_metadefs': missing('removing all metadata definitions'),
    db_unload_metadefs: missing('removing all metadata definitions'),
    'db export_metadefs': missing('writing metadata definitions to files'),
    db_export_metadefs: missing('writing metadata definitions to files'),
  },
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
