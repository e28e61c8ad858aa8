/** Where a RabbitMQ is and who we are there. What `[DEFAULT] transport_url` or `[oslo_messaging_rabbit]` say, as one record. */
export interface RabbitPlace {
  /** `host:port`, tried in random order. */
  readonly hosts: readonly string[]
  readonly user: string
  readonly password: string
  readonly vhost: string
  readonly tls: boolean
}

const option = '[DEFAULT] transport_url'

/**
 * A transport URL as OpenStack writes it: `rabbit://user:password@host:5672/vhost`, several hosts with commas, each with or without the
 * credentials. Throws one line that names the option and never shows the password.
 */
export function readTransportUrl(url: string): RabbitPlace {
  const [, scheme, authority, path = '', query = ''] = /^([a-z+]+):\/\/([^/?]*)(?:\/([^?]*))?(?:\?(.*))?$/i.exec(url) ?? []
  if (!scheme || !authority) throw new Error(`${option} is not an address like rabbit://user:password@host:5672/`)
  if (!/^(rabbit|amqps?|kombu)$/.test(scheme))
    throw new Error(`${option}: ${scheme}:// is not spoken here; write rabbit://user:password@host:5672/`)
  const parts = authority.split(',').map(readHost)
  const logins = parts.flatMap(({ login }) => login ?? [])
  const [login = { user: 'guest', password: 'guest' }] = logins
  if (logins.some(({ user, password }) => user !== login.user || password !== login.password))
    throw new Error(`${option}: the hosts have different users or passwords; a cluster has one`)
  const port = scheme === 'amqps' ? 5671 : 5672
  return {
    hosts: parts.map(({ host, port: own }) => `${host}:${own ?? port}`),
    ...login,
    vhost: decodeURIComponent(path) || '/',
    tls: scheme === 'amqps' || /(^|&)ssl=(1|true|yes|on)(&|$)/i.test(query),
  }
}

function readHost(text: string): { host: string; port?: string | undefined; login?: { user: string; password: string } | undefined } {
  const [, user, password = '', host, port] = /^(?:([^:@]*)(?::([^@]*))?@)?(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? []
  if (!host) throw new Error(`${option}: each host is written user:password@host:port, with %40 for an @ in the password`)
  return { host, port, login: user ? { user: decodeURIComponent(user), password: decodeURIComponent(password) } : undefined }
}
