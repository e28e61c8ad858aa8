import { Connection } from 'rabbitmq-client'
import { type Clock, within } from '../../clock.ts'
import type { BusLog } from '../bus.ts'
import type { RabbitPlace } from './url.ts'

/** Errors that trying again does not mend. */
const refusals: Readonly<Record<string, string>> = {
  ACCESS_REFUSED: 'the user or the password is wrong; correct it there or with rabbitmqctl change_password',
  NOT_ALLOWED: 'the virtual host does not exist or is not open to this user; see rabbitmqctl list_vhosts and set_permissions',
  NOT_FOUND: 'the virtual host does not exist; see rabbitmqctl list_vhosts',
}

/** Connects, or throws one line saying what to correct. Later it reconnects by itself, for ever. */
export async function connect(place: RabbitPlace, { clock, log, patienceMs }: { clock: Clock; log: BusLog; patienceMs: number }) {
  const connection = new Connection({
    hosts: [...place.hosts],
    username: place.user,
    password: place.password,
    vhost: place.vhost,
    tls: place.tls,
    // NOTE: without it Nagle's algorithm makes each ask take 44 ms instead of 0.7.
    noDelay: true,
    connectionName: 'kilonova',
    heartbeat: 15,
    retryLow: 200,
    retryHigh: 5_000,
    connectionTimeout: 5_000,
  })
  let latest: unknown
  let refused: (error: unknown) => void = () => {}
  connection.on('error', (error: unknown) => {
    latest = error
    if (refusals[codeOf(error)]) refused(error)
    log.warn('RabbitMQ: connection lost or refused, trying again', { hosts: place.hosts, error })
  })
  connection.on('connection', () => log.info('RabbitMQ: connected', { hosts: place.hosts }))
  connection.on('connection.blocked', (reason: string) => log.warn('RabbitMQ takes no messages for now', { hosts: place.hosts, reason }))
  try {
    const hopeless = new Promise<never>((_, reject) => {
      refused = reject
    })
    await within(clock, patienceMs, Promise.race([connection.onConnect(0, true), hopeless]), () => new Error('no answer'))
    refused = () => {}
    return connection
  } catch (error) {
    refused = () => {}
    connection.unsafeDestroy()
    throw new Error(complaint(place, latest ?? error), { cause: latest ?? error })
  }
}

function complaint({ hosts, user, vhost }: RabbitPlace, error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error)
  const remedy = refusals[codeOf(error)] ?? 'check the host and port, and that the service rabbitmq-server is running there'
  return `[DEFAULT] transport_url: no connection to RabbitMQ at ${hosts.join(', ')} as ${user}, virtual host ${vhost} (${reason}): ${remedy}`
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
