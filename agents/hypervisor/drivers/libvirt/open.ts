import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Driver } from '../driver.ts'
import { abilitiesOver } from './abilities.ts'
import { chooseVirtType, virtFacts } from './choose-virt-type.ts'
import { openConnection } from './connection.ts'
import { domainsOver } from './domains.ts'
import { hostFiles } from './files.ts'
import { type LibvirtOptions, usualOptions } from './libvirt-options.ts'
import { speaking } from './in-words.ts'
import { libvirtLooking } from './looking.ts'
import { machines } from './machines.ts'
import { hostNics } from './nics.ts'
import { libvirtPlugging } from './plugging.ts'
import { libvirtPower } from './power.ts'
import { runner } from './run.ts'
import { openSession } from './session.ts'

export interface LibvirtHost {
  readonly host: string
  readonly clock: Clock
  readonly log: Log
  /** The address other hosts reach this one by. */
  readonly hostIp?: string | undefined
  /** Where guests' files are; `/var/lib/nova/instances` unless told. */
  readonly instancesDir?: string | undefined
  readonly socketPath?: string | undefined
  readonly uri?: string | undefined
  /** Chosen from the processor's flags and a probe unless told. */
  readonly virtType?: 'kvm' | 'qemu' | undefined
  readonly options?: Partial<LibvirtOptions> | undefined
  readonly version?: string | undefined
}

/** QEMU through libvirt, on this machine. Connects when it is first used and again whenever libvirt went away. */
export async function openLibvirtDriver(wish: LibvirtHost): Promise<Driver> {
  const {
    host,
    clock,
    log,
    socketPath = '/run/libvirt/libvirt-sock',
    uri = 'qemu:///system',
    hostIp = '127.0.0.1',
    version = '0.1.0',
  } = wish
  const options: LibvirtOptions = {
    ...usualOptions,
    ...wish.options,
    ...(wish.instancesDir === undefined ? {} : { instancesDir: wish.instancesDir }),
  }
  const run = runner(clock, log)
  const session = openSession({ clock, log, open: () => openConnection({ socketPath, uri, clock, log }) })
  const domains = domainsOver(session.connection)
  const choice = wish.virtType ? { virtType: wish.virtType, because: 'the configuration says so' } : chooseVirtType(await virtFacts(run))
  log.info('chose how guests run', { ...choice })

  const known = abilitiesOver(session.connection)
  const abilities = async () => (await known()).abilities
  const files = hostFiles({ options, domains, run, clock, log, hostIp, host })
  const { paths } = files
  const power = { domains, options, paths, machines: machines({ virtType: choice.virtType, version, options, paths, domains, abilities }) }
  const nics = hostNics(run)

  return speaking({
    kind: 'libvirt',
    ...libvirtLooking({ host, hostIp, choice, options, session, domains, files, known, run, clock, log }),
    ...files,
    ...libvirtPower(power),
    ...libvirtPlugging({ ...power, clock }),
    ensureNics: nics.ensure,
    removeNics: nics.remove,
    close: async () => {
      await files.close()
      await session.close()
    },
  })
}
