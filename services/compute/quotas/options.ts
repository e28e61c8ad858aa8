import { boolean, integer, text } from '@kilonova/platform/config/kinds.ts'
import { options, type Values } from '@kilonova/platform/config/options.ts'

const limit = (usually: number, of: string, formerly: string) =>
  integer({ default: usually, min: -1, formerly: [`DEFAULT.${formerly}`], about: `how many ${of}; -1 for any number` })

/** How much a project may have when nobody says otherwise; names and defaults are OpenStack's. */
export const quotaOptions = options({
  quota: {
    instances: limit(10, 'servers a project may have', 'quota_instances'),
    cores: limit(20, 'processors a project may have', 'quota_cores'),
    ram: limit(51_200, 'MiB of memory a project may have', 'quota_ram'),
    metadata_items: limit(128, 'metadata items a server may have', 'quota_metadata_items'),
    injected_files: limit(5, 'files a server may be given', 'quota_injected_files'),
    injected_file_content_bytes: limit(10_240, 'bytes such a file may have', 'quota_injected_file_content_bytes'),
    injected_file_path_length: limit(255, 'letters its path may have', 'quota_injected_file_path_length'),
    key_pairs: limit(100, 'key pairs a user may have', 'quota_key_pairs'),
    server_groups: limit(10, 'server groups a project may have', 'quota_server_groups'),
    server_group_members: limit(10, 'servers a group may have', 'quota_server_group_members'),
    driver: text({ default: 'nova.quota.DbQuotaDriver', about: 'where limits are kept; there is only the database' }),
    recheck_quota: boolean({ default: true, about: 'look again in the transaction that takes; it always does' }),
    count_usage_from_placement: boolean({ default: false, about: 'count what placement holds; what is asked for is counted either way' }),
  },
})

export type QuotaSettings = Values<typeof quotaOptions>['quota']
