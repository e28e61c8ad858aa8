import type { IncomingMessage } from 'node:http'

const project = '[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}'
const form = new RegExp(`^/v2(\\.1)?/(?:(?:${project})/)?(.+)$`, 's')
/** An id was to follow: who asks for the thing without a name does not mean all of them. */
const idless = /^[\w-]+\/(\?.*)?$/s

/**
 * Clients of old name their project in the address, or speak of v2. Both mean what v2.1 says first: whose project it is, the token tells, and v2
 * knows no further versions.
 */
export function settleAddress(request: IncomingMessage): void {
  const found = form.exec(request.url ?? '')
  if (!found) return
  const [, isModern, rest = ''] = found
  request.url = `/v2.1/${idless.test(rest) ? 'nothing' : rest}`
  if (isModern !== undefined) return
  delete request.headers['openstack-api-version']
  delete request.headers['x-openstack-nova-api-version']
}
