import { boolean, duration, integer, list, oneOf, path, text } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

const tebibyte = 2 ** 40

/** What an operator may say about images; names and defaults are Glance's. */
export const imageOptions = options({
  DEFAULT: {
    enabled_backends: list({
      default: ['file:file'],
      about: 'the stores there are, each as name:type; the types are file and http (read only)',
    }),
    enabled_import_methods: list({
      default: ['glance-direct', 'web-download', 'copy-image'],
      of: ['glance-direct', 'web-download', 'copy-image', 'glance-download'],
      about: 'how images may be imported',
    }),
    node_staging_uri: text({ about: 'where data waits to be imported, as file:///directory; below the home unless told' }),
    image_size_cap: integer({ default: tebibyte, min: 1, about: 'no image is larger, in bytes' }),
    max_virtual_size: integer({ default: 64 * tebibyte, min: 1, about: 'no disk says it is larger when unpacked, in bytes' }),
    image_member_quota: integer({ default: 128, about: 'members of an image; negative for any number' }),
    image_property_quota: integer({ default: 128, about: 'custom properties of an image; negative for any number' }),
    image_tag_quota: integer({ default: 128, about: 'tags of an image; negative for any number' }),
    image_location_quota: integer({ default: 10, about: 'locations of an image; negative for any number' }),
    limit_param_default: integer({ default: 25, min: 1, about: 'how many images a page of a list has' }),
    api_limit_max: integer({ default: 1000, min: 1, about: 'how many it may have' }),
    show_image_direct_url: boolean({ default: false, about: 'tell clients where the data lies' }),
    show_multiple_locations: boolean({ default: false, about: 'tell clients all places where the data lies, and let them change those' }),
    allow_additional_image_properties: boolean({ default: true, about: 'images may have custom properties' }),
    hashing_algorithm: oneOf(['sha512', 'sha256', 'sha384', 'sha3-256', 'sha3-512'], {
      default: 'sha512',
      about: 'the hash of an image’s data, besides MD5',
    }),
    image_cache_dir: path({ about: 'where this host keeps copies of images that it read; with it the cache may be managed by /v2/cache' }),
    image_cache_max_size: integer({
      default: 10 * 2 ** 30,
      min: 0,
      about: 'what the cache may hold, in bytes; what was not read for the longest goes first',
    }),
    image_cache_stall_time: duration({ default: 86_400_000, about: 'after so long a half copy in the cache is nobody’s any more' }),
    use_keystone_limits: boolean({
      default: false,
      about: 'projects may have what the identity service’s limits say, instead of what [quota] says; what nobody registered there is 0',
    }),
    property_protection_file: path({ about: 'who may do what with which custom properties' }),
    property_protection_rule_format: oneOf(['roles', 'policies'], { default: 'roles', about: 'what that file names' }),
  },
  paste_deploy: {
    flavor: text({
      default: 'keystone',
      about: 'with caching in it, as in keystone+caching or keystone+cachemanagement, downloads go through the cache',
    }),
  },
  glance_store: {
    default_backend: text({ about: 'the store that takes what is uploaded; the first of enabled_backends unless told' }),
    filesystem_store_datadir: path({ default: '/var/lib/glance/images', about: 'the directory of the default store' }),
    filesystem_store_datadirs: list({
      default: [],
      about: 'the directories of further stores, each as name:/directory; /var/lib/glance/<name> unless told',
    }),
  },
  image_format: {
    disk_formats: list({
      default: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'iso', 'ploop'],
      about: 'the formats of disks',
    }),
    container_formats: list({
      default: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
      about: 'the formats of containers',
    }),
    vmdk_allowed_types: list({
      default: ['streamOptimized', 'monolithicSparse'],
      about: 'which kinds of VMDK are taken; they must hold their data themselves',
    }),
    require_image_format_match: boolean({
      default: true,
      formerly: ['DEFAULT.image_format_enforcement'],
      about: 'refuse data that is not of the format it was declared to be',
    }),
    unrecognized_limit: integer({
      default: 2 ** 20,
      min: 0,
      about: 'data of so many bytes at most that is of no known format is taken as declared: no disk is so small',
    }),
  },
  import_filtering_opts: {
    allowed_schemes: list({ default: ['http', 'https'], about: 'schemes of URLs to import from' }),
    disallowed_schemes: list({ default: [], about: 'schemes that are refused, when none are allowed by name' }),
    allowed_hosts: list({ default: [], about: 'the only hosts to import from' }),
    disallowed_hosts: list({
      default: ['169.254.169.254', 'fd00:ec2::254'],
      about: 'hosts that are refused, when none are allowed by name',
    }),
    allowed_ports: list({
      default: [],
      about: 'the only ports to import from; 80, 443 and those from 1024 on, except the cloud’s own, unless told',
    }),
    disallowed_ports: list({ default: [], about: 'ports that are refused, when none are allowed by name' }),
  },
  glance_download_properties: {
    extra_properties: list({
      default: ['hw_', 'trait:', 'os_distro', 'os_secure_boot', 'os_type'],
      about: 'an image that is imported from another region brings the properties along whose names begin so',
    }),
  },
  quota: {
    image_size_total: integer({ default: -1, min: -1, about: 'MiB of image data a project may have; -1 for any amount' }),
    image_stage_total: integer({ default: -1, min: -1, about: 'MiB that may wait to be imported; -1 for any amount' }),
    image_count_total: integer({ default: -1, min: -1, about: 'images a project may have; -1 for any number' }),
    image_count_uploading: integer({ default: -1, min: -1, about: 'images that may receive data at once; -1 for any number' }),
  },
  task: { task_time_to_live: integer({ default: 48, min: 1, about: 'hours for which a finished task is kept' }) },
  oslo_middleware: {
    enable_proxy_headers_parsing: boolean({ default: false, about: 'believe X-Forwarded-*: only behind a proxy that sets them' }),
  },
  oslo_policy: {
    enforce_scope: boolean({ default: false, about: 'refuse tokens of a scope that a rule does not list' }),
    enforce_new_defaults: boolean({ default: false, about: 'stop accepting what only older rules allow' }),
    policy_file: path({ about: 'rules that replace the defaults' }),
  },
})
