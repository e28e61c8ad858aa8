import { boolean, integer, list, path, secret, text } from '@kilonova/platform/config/kinds.ts'
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
