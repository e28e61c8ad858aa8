/** Options of the configuration file that a domain has of its own: groups of options. */
export type Config = Readonly<Record<string, Readonly<Record<string, unknown>>>>

/** One option of one domain. */
export interface DomainOption {
  readonly group: string
  readonly option: string
  /** Any JSON value. */
  readonly value: unknown
  /** Never shown to anybody. */
  readonly isSensitive: boolean
}

/** The options a domain may have of its own, with what holds when nobody says anything. */
// biome-ignore format: a table of options
export const stockDefaults: Config = {
  identity: {
    driver:     'sql',
    list_limit: null,
  },
  ldap: {
    url:                                     'ldap://localhost',
    user:                                    null,
    suffix:                                  'cn=example,cn=com',
    query_scope:                             'one',
    page_size:                               0,
    alias_dereferencing:                     'default',
    debug_level:                             null,
    chase_referrals:                         null,
    user_tree_dn:                            null,
    user_filter:                             null,
    user_objectclass:                        'inetOrgPerson',
    user_id_attribute:                       'cn',
    user_name_attribute:                     'sn',
    user_mail_attribute:                     'mail',
    user_description_attribute:              'description',
    user_pass_attribute:                     'userPassword',
    user_enabled_attribute:                  'enabled',
    user_enabled_invert:                     false,
    user_enabled_mask:                       0,
    user_enabled_default:                    'True',
    user_attribute_ignore:                   ['default_project_id'],
    user_default_project_id_attribute:       null,
    user_enabled_emulation:                  false,
    user_enabled_emulation_dn:               null,
    user_enabled_emulation_use_group_config: false,
    user_additional_attribute_mapping:       [],
    group_tree_dn:                           null,
    group_filter:                            null,
    group_objectclass:                       'groupOfNames',
    group_id_attribute:                      'cn',
    group_name_attribute:                    'ou',
    group_members_are_ids:                   false,
    group_member_attribute:                  'member',
    group_desc_attribute:                    'description',
    group_attribute_ignore:                  [],
    group_additional_attribute_mapping:      [],
    tls_cacertfile:                          null,
    tls_cacertdir:                           null,
    use_tls:                                 false,
    tls_req_cert:                            'demand',
    use_pool:                                true,
    pool_size:                               10,
    pool_retry_max:                          3,
    pool_retry_delay:                        0.1,
    pool_connection_timeout:                 -1,
    pool_connection_lifetime:                600,
    use_auth_pool:                           true,
    auth_pool_size:                          100,
    auth_pool_connection_lifetime:           60,
  },
}

const sensitive: Readonly<Record<string, readonly string[]>> = { ldap: ['password'] }

export const isGroup = (group: string): boolean => Object.hasOwn(stockDefaults, group)
export const isReadable = (group: string, option: string): boolean => isGroup(group) && Object.hasOwn(stockDefaults[group] ?? {}, option)
export const isSensitive = (group: string, option: string): boolean =>
  Object.hasOwn(sensitive, group) && (sensitive[group]?.includes(option) ?? false)

export const optionsOf = (config: Config): readonly DomainOption[] =>
  Object.entries(config).flatMap(([group, options]) =>
    Object.entries(options).map(([option, value]) => ({ group, option, value, isSensitive: isSensitive(group, option) })),
  )

export function configOf(options: readonly DomainOption[]): Config {
  const groups = Map.groupBy(options, one => one.group)
  return Object.fromEntries([...groups].map(([group, own]) => [group, Object.fromEntries(own.map(one => [one.option, one.value]))]))
}

/** What may be shown. */
export const readableOf = (options: readonly DomainOption[]): Config => configOf(options.filter(one => !one.isSensitive))

/** A text with `%(password)s` and the like filled in, `%%` a percent sign; as it is when it names something unknown or is malformed. */
export function withSecrets(text: string, secrets: Readonly<Record<string, unknown>>): string {
  let isWhole = true
  const filled = text.replaceAll(/%(?:%|\(([^)]*)\)s)?/g, (mark, name: string | undefined) => {
    if (mark === '%%') return '%'
    if (name === undefined || !Object.hasOwn(secrets, name)) isWhole = false
    return String(secrets[name ?? ''])
  })
  return isWhole ? filled : text
}
