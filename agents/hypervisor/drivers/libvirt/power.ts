import { join } from 'node:path'
import type { Guest, GuestState } from '../../contract/guest.ts'
import { nameTaken, noGuest, type Power } from '../driver.ts'
import { domainXml } from './domain/domain-xml.ts'
import { type Domain, type Domains, isLibvirt } from './domains.ts'
import type { LibvirtOptions } from './libvirt-options.ts'
import type { Machines } from './machines.ts'
import { type Paths, writeAtOnce } from './paths.ts'
import { errorCodes } from './rpc/procedures.ts'
import { detailsOf } from './xml-of-domain.ts'

export interface PowerParts {
  readonly domains: Domains
  readonly machines: Machines
  readonly paths: Paths
  readonly options: LibvirtOptions
}

export const getDomain = async (domains: Domains, uuid: string): Promise<Domain> => {
  const domain = await domains.find(uuid)
  if (!domain) throw noGuest(uuid)
  return domain
}

export async function stateOf(domain: Domain, { domains, options }: Pick<PowerParts, 'domains' | 'options'>): Promise<GuestState> {
  const power = await domains.power(domain)
  const state = { uuid: domain.uuid, name: domain.name, power }
  if (power !== 'running' && power !== 'paused') return state
  const { vnc, serial } = detailsOf(await domains.xml(domain))
  return {
    ...state,
    ...(vnc ? { vnc: { host: options.vnc.reachedAt, port: vnc.port } } : {}),
    ...(serial ? { serial: { host: serial.listen, port: serial.port } } : {}),
  }
}

export function libvirtPower(parts: PowerParts): Power {
  const { domains, machines, paths } = parts
  const state = (domain: Domain) => stateOf(domain, parts)

  const after = async (uuid: string, act: (domain: Domain) => Promise<void>): Promise<GuestState> => {
    const domain = await getDomain(domains, uuid)
    await act(domain)
    return state(domain)
  }

  const refuseNamesake = async (guest: Guest): Promise<void> => {
    const namesake = await domains.findByName(guest.name)
    if (namesake && namesake.uuid !== guest.uuid) throw nameTaken(guest.name, namesake.uuid)
  }

  /** What an agent asked for that was killed meanwhile may come about first: then it runs as well. */
  const create = (domain: Domain, how: 'anew' | 'go on'): Promise<void> =>
    domains.create(domain, how).catch(async error => {
      if (!isLibvirt(error, errorCodes.operationInvalid) || (await domains.power(domain)) !== 'running') throw error
    })

  /** Tells libvirt, and keeps what it was told beside the guest's disks for people to read. */
  const tell = (guest: Guest, next: (domain: Domain) => Promise<void>): Promise<GuestState> =>
    machines.withMachine(guest, async machine => {
      const xml = domainXml(guest, machine)
      const [domain] = await Promise.all([domains.define(xml), writeAtOnce(join(paths.directoryOf(guest.uuid), 'libvirt.xml'), xml)])
      await next(domain)
      return state(domain)
    })

  return {
    powerOn: async guest => {
      const [known] = await Promise.all([domains.find(guest.uuid), refuseNamesake(guest)])
      if (known && (await domains.power(known)) === 'running') return state(known)
      return tell(guest, domain => create(domain, 'anew'))
    },
    define: async guest => {
      await refuseNamesake(guest)
      return tell(guest, async () => {})
    },
    pressPower: async uuid => domains.shutdown(await getDomain(domains, uuid)),
    powerOff: uuid => after(uuid, domains.destroy),
    pause: uuid => after(uuid, domains.suspend),
    unpause: uuid =>
      after(uuid, async domain => {
        if ((await domains.power(domain)) !== 'running') await domains.resume(domain)
      }),
    suspend: uuid => after(uuid, domains.save),
    resume: async uuid => {
      const domain = await getDomain(domains, uuid)
      if ((await domains.power(domain)) === 'running') return state(domain)
      if (!(await domains.isSaved(domain))) return undefined
      await create(domain, 'go on')
      return state(domain)
    },
    forget: async uuid => {
      const domain = await domains.find(uuid)
      if (!domain) return false
      await domains.destroy(domain)
      await domains.undefine(domain)
      return true
    },
  }
}
