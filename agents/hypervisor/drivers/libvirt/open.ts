import { availableParallelism, totalmem } from 'node:os'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest, GuestState } from '../../contract/guest.ts'
import { type HostFacts, plainFacts } from '../../contract/host.ts'
import { type Driver, nameTaken } from '../driver.ts'
import { chooseVirtType, virtFacts } from './choose-virt-type.ts'
import { openConnection } from './connection.ts'
import { instanceDisks } from './disks.ts'
import { domainXml, type Machine } from './domain-xml.ts'
import { type Domain, domainsOver } from './domains.ts'
import { followLifecycle } from './events.ts'
import { hostNics } from './nics.ts'
import { procedures } from './rpc/procedures.ts'
import { XdrWriter } from './rpc/xdr.ts'
import { runner } from './run.ts'
import { openSession } from './session.ts'
import { hostWarnings } from './warnings.ts'
import { find, parseXml } from './xml.ts'

export interface LibvirtHost {
  readonly host: string
  readonly clock: Clock
  readonly log: Log
  /** Where guests' files are; `/var/lib/nova/instances` unless told. */
  readonly instancesDir?: string | undefined
  readonly socketPath?: string | undefined
  readonly uri?: string | undefined
  /** Chosen from the processor's flags and a probe unless told. */
  readonly virtType?: 'kvm' | 'qemu' | undefined
  readonly vncListen?: string | undefined
  readonly version?: string | undefined
}

/** QEMU through libvirt, on this machine. Connects when it is first used and again whenever libvirt went away. */
export async function openLibvirtDriver(options: LibvirtHost): Promise<Driver> {
  const { host, clock, log, socketPath = '/run/libvirt/libvirt-sock', uri = 'qemu:///system' } = options
  const run = runner(clock, log)
  const disks = instanceDisks({ root: options.instancesDir ?? '/var/lib/nova/instances', run })
  const nics = hostNics(run)
  const session = openSession({ clock, log, open: () => openConnection({ socketPath, uri, clock, log }) })
  const domains = domainsOver(session.connection)
  const choice = options.virtType
    ? { virtType: options.virtType, because: 'the configuration says so' }
    : chooseVirtType(await virtFacts(run))
  log.info('chose how guests run', { ...choice })

  const machineOf = async (guest: Guest): Promise<Machine> => ({
    virtType: choice.virtType,
    directory: disks.directoryOf(guest.uuid),
    cache: await disks.cache(),
    vncListen: options.vncListen ?? '127.0.0.1',
    version: options.version ?? '0.1.0',
  })

  const stateOf = async (domain: Domain): Promise<GuestState> => {
    const power = await domains.power(domain)
    const state = { uuid: domain.uuid, name: domain.name, power }
    if (power !== 'running' && power !== 'paused') return state
    const screen = find(parseXml(await domains.xml(domain)), 'devices', 'graphics')?.attributes
    const port = Number(screen?.['port'] ?? -1)
    return port > 0 ? { ...state, vnc: { host: screen?.['listen'] ?? '127.0.0.1', port } } : state
  }

  const get = async (uuid: string): Promise<Domain> => {
    const domain = await domains.find(uuid)
    if (!domain) throw new Refusal('not-found', `Instance ${uuid} could not be found.`)
    return domain
  }

  const after = async (uuid: string, act: (domain: Domain) => Promise<void>): Promise<GuestState> => {
    const domain = await get(uuid)
    await act(domain)
    return stateOf(domain)
  }

  const facts = async (): Promise<HostFacts> => {
    const connection = await session.connection()
    const version = await connection.call(procedures.connectGetVersion, new XdrWriter(), reader => reader.u64())
    const capacity = await disks.capacityGb()
    return plainFacts({
      host,
      hypervisorType: 'QEMU',
      hypervisorVersion: Number(version),
      virtType: choice.virtType,
      vcpus: availableParallelism(),
      memoryMb: Math.floor(totalmem() / 1024 ** 2),
      diskGb: capacity.total,
      freeDiskGb: capacity.free,
      warnings: [...(choice.virtType === 'qemu' ? [`Guests are emulated and slow: ${choice.because}.`] : []), ...(await hostWarnings())],
    })
  }

  const powerOn = async (guest: Guest): Promise<GuestState> => {
    const known = await domains.find(guest.uuid)
    if (known && (await domains.power(known)) === 'running') return stateOf(known)
    const namesake = await domains.findByName(guest.name)
    if (namesake && namesake.uuid !== guest.uuid) throw nameTaken(guest.name, namesake.uuid)
    const xml = domainXml(guest, await machineOf(guest))
    await disks.keepXml(guest.uuid, xml)
    const domain = await domains.define(xml)
    await domains.create(domain)
    return stateOf(domain)
  }

  return {
    kind: 'libvirt',
    facts,
    listGuests: domains.list,
    findGuest: async uuid => {
      const domain = await domains.find(uuid)
      return domain && stateOf(domain)
    },
    ensureDisks: disks.ensure,
    removeDisks: disks.remove,
    ensureNics: nics.ensure,
    removeNics: nics.remove,
    powerOn,
    pressPower: async uuid => domains.shutdown(await get(uuid)),
    powerOff: uuid => after(uuid, domains.destroy),
    pause: uuid => after(uuid, domains.suspend),
    unpause: uuid => after(uuid, domains.resume),
    forget: async uuid => {
      const domain = await domains.find(uuid)
      if (!domain) return false
      await domains.destroy(domain)
      await domains.undefine(domain)
      return true
    },
    consoleLog: async (uuid, maxBytes) => disks.console((await get(uuid)).uuid, maxBytes),
    follow: run => followLifecycle(session, run),
    close: session.close,
  }
}
