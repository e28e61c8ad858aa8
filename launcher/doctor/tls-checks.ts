import { Refusal } from '@kilonova/platform/refusal.ts'
import { readTls, trustOf } from '../tls.ts'
import { type Check, fail, ok, warn } from './check.ts'

/** Whether the doors could show the certificate that is configured. */
export const certificate: Check = {
  name: 'ssl',
  run: ({ host, settings, clock }) => {
    try {
      const tls = readTls(settings, host, clock.now())
      if (!tls)
        return [
          ok(trustOf(settings, tls, host) === undefined ? 'none configured: the services speak http' : `trusts ${settings.ssl.ca_file}`),
        ]
      if (tls.remarks.length > 0) return tls.remarks.map(({ says, remedy }) => warn(says, remedy))
      return [ok(`${settings.ssl.cert_file}${tls.trust === undefined ? '' : `; clients are told to trust ${tls.trust}`}`)]
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const [says = '', remedy = ''] = error.message.replace(/\.$/, '').split(/: (?=[^:]*$)/)
      return [fail(says, remedy)]
    }
  },
}
