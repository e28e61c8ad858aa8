import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import { type Daemon, daemonsHere, isApart } from './daemons.ts'
import type { Settings } from './settings.ts'

/** A process that is a part of a cloud must be told where it meets the others: each complaint is one line with the option and the remedy. */
export function mustReachOthers(settings: Settings): void {
  if (!isApart(settings.DEFAULT)) return
  const here = daemonsHere(settings.DEFAULT)
  if (here.length === 0) {
    const { daemons = [], enabled_services: enabled } = settings.DEFAULT
    throw new ConfigError(
      `[DEFAULT] daemons = ${daemons.join(',')} names none of the services ${enabled.join(', ')}: add them to enabled_services`,
    )
  }
  const speaking = here.filter(({ hasBus }) => hasBus)
  if (speaking.length > 0 && !hasBroker(settings))
    throw new ConfigError(
      `[DEFAULT] transport_url is not set, and ${namesOf(speaking)} alone would hear nobody: set it to the cloud’s RabbitMQ, rabbit://USER:PASSWORD@CONTROLLER:5672/`,
    )
  for (const one of here.filter(({ hasTables }) => hasTables)) mustHaveTables(one, settings)
}

function mustHaveTables({ name, service }: Daemon, settings: Settings): void {
  const own = (settings as Readonly<Record<string, { readonly connection?: string | undefined }>>)[`${service}_database`]?.connection
  if (own !== undefined || settings.database.connection !== undefined) return
  throw new ConfigError(
    `[${service}_database] connection is not set, and ${name} alone would see none of the cloud’s tables: set it to mysql+pymysql://USER:PASSWORD@CONTROLLER/${service}, or [database] connection for all services`,
  )
}

/** Whether messages leave the process. */
export const hasBroker = ({ DEFAULT: { transport_url: url } }: Settings): boolean => url !== undefined && !/^(fake|memory):/.test(url)

const namesOf = (all: readonly Daemon[]) => all.map(({ name }) => name).join(', ')
