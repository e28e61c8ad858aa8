import { boolean, path, secret, text } from '@kilonova/platform/config/kinds.ts'
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
