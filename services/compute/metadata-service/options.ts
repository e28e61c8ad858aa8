import { boolean, integer, list, oneOf, path, secret, text } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

/** What an operator may say about what guests are told; names and defaults are Nova's. */
export const metadataOptions = options({
  api: {
    dhcp_domain: text({
      default: 'novalocal',
      formerly: ['DEFAULT.dhcp_domain'],
      about: 'the domain of guests’ host names; empty for none',
    }),
    vendordata_jsonfile_path: path({ about: 'a file whose JSON object every guest is told as vendor data' }),
  },
  vendordata_dynamic_auth: {
    auth_url: text({ about: 'where identity is asked for the token that programs of vendor data are sent; without it they are sent none' }),
    auth_type: oneOf(['password', 'v3password'], { default: 'password', about: 'how the user proves who it is' }),
    username: text({ about: 'the user under whom they are asked' }),
    password: secret({ about: 'its password' }),
    user_domain_id: text({ about: 'the id of its domain' }),
    user_domain_name: text({ about: 'the name of its domain; Default unless told' }),
    project_name: text({ default: 'service', about: 'the project in which it has its roles' }),
    project_domain_id: text({ about: 'the id of the project’s domain' }),
    project_domain_name: text({ about: 'the name of the project’s domain; Default unless told' }),
  },
  neutron: {
    service_metadata_proxy: boolean({
      default: true,
      about: 'guests ask for their metadata through proxies of the network, which vouch for them',
    }),
    metadata_proxy_shared_secret: secret({ about: 'what those proxies sign with; without it one is made up and kept in the home' }),
  },
})

/** What guests are told besides, read again whenever they ask. */
export const vendorOptions = options({
  api: {
    vendordata_providers: list({
      default: ['StaticJSON'],
      of: ['StaticJSON', 'DynamicJSON'],
      formerly: ['DEFAULT.vendordata_providers'],
      about: 'where vendor data comes from: StaticJSON (vendordata_jsonfile_path), DynamicJSON (vendordata_dynamic_targets)',
    }),
    vendordata_dynamic_targets: list({
      default: [],
      formerly: ['DEFAULT.vendordata_dynamic_targets'],
      about: 'programs that are asked what to tell each guest: name@http://host/path',
    }),
    vendordata_dynamic_connect_timeout: integer({ default: 5, min: 3, about: 'seconds until one of them must be reached' }),
    vendordata_dynamic_read_timeout: integer({ default: 5, min: 0, about: 'seconds until it must have answered' }),
    vendordata_dynamic_failure_fatal: boolean({ default: false, about: 'a guest is told nothing when one of them fails' }),
  },
})
