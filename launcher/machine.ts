import { readdir } from 'node:fs/promises'
import { hostname } from 'node:os'
import { isFake, openDriver } from '@kilonova/hypervisor/main.ts'
import { hypervisorOptions } from '@kilonova/hypervisor/options.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Globals } from './globals.ts'
import { readSettings, sourcesOf } from './settings.ts'

/** This host's guests and their files, as its hypervisor and its directories have them: what `verify` looks at, and `reset` empties. */
export async function openMachine({ places, flags, environment, clock, chance }: Globals) {
  const { settings } = readSettings(places, flags, environment)
  const hypervisor = readConfig(hypervisorOptions, sourcesOf(places, flags, environment)).values
  const host = settings.DEFAULT.host ?? hostname()
  const directory = hypervisor.DEFAULT.instances_path
  const refuse = async (): Promise<never> => {
    throw new Refusal('unavailable', 'the guests are only pretended, in the memory of the process that runs')
  }
  if (isFake(hypervisor))
    return {
      host,
      directory,
      isPretended: true,
      guests: refuse,
      directories: async () => [],
      destroy: refuse,
      dropKept: refuse,
      close: async () => {},
    }
  const driver = await openDriver({
    host,
    hostIp: settings.DEFAULT.my_ip,
    settings: hypervisor,
    virtType: 'qemu',
    clock,
    chance,
    log: silentLog,
  })
  return {
    host,
    directory,
    isPretended: false,
    guests: () => driver.listGuests(),
    directories: () => readdir(directory).catch((): string[] => []),
    destroy: async (uuid: string) => {
      await driver.forget(uuid)
      await driver.removeDisks(uuid)
    },
    dropKept: async (uuid: string) => void (await driver.dropKept(uuid, Number.MAX_SAFE_INTEGER)),
    close: () => driver.close(),
  }
}
