import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import { noAgent, type Plugging } from '../driver.ts'
import { volumeXml } from './domain/disks.ts'
import type { Machine } from './domain/machine.ts'
import { nicXml } from './domain/nics.ts'
import { wishesOf } from '../../contract/wishes.ts'
import { type Domain, isLibvirt } from './domains.ts'
import { getDomain, type PowerParts } from './power.ts'
import { errorCodes } from './rpc/procedures.ts'
import { type DomainDetails, detailsOf } from './xml-of-domain.ts'
import { type Element, writeXml } from './xml.ts'

const lookEveryMs = 250
/** A guest is asked again to let go: one that has just started does not listen yet. */
const askAgainMs = 5_000
const letGoMs = 30_000

type Finder = (details: DomainDetails) => Element | undefined

export function libvirtPlugging({ domains, machines, clock }: PowerParts & { readonly clock: Clock }): Plugging {
  const runs = async (domain: Domain): Promise<boolean> => ['running', 'paused'].includes(await domains.power(domain))

  /** In the guest that runs and in what it will be; where it is there already it stays. */
  const attach = async (guest: Guest, isIt: Finder, xmlOf: (machine: Machine) => Element): Promise<void> => {
    const domain = await getDomain(domains, guest.uuid)
    const xml = await machines.withMachine(guest, async machine => writeXml(xmlOf(machine)))
    const places = (await runs(domain)) ? (['next', 'now'] as const) : (['next'] as const)
    for (const which of places) if (!isIt(detailsOf(await domains.xml(domain, which)))) await domains.attach(domain, xml, which)
  }

  const detach = async (uuid: string, isIt: Finder, what: string): Promise<boolean> => {
    const domain = await getDomain(domains, uuid)
    const found = async (which: 'now' | 'next') => isIt(detailsOf(await domains.xml(domain, which)))
    const later = await found('next')
    if (later) await domains.detach(domain, writeXml(later), 'next')
    if (!(await runs(domain))) return later !== undefined
    const now = await found('now')
    if (now) await untilLetGo(domain, () => found('now'), what)
    return now !== undefined || later !== undefined
  }

  const untilLetGo = async (domain: Domain, find: () => Promise<Element | undefined>, what: string): Promise<void> => {
    const deadline = clock.monotonic() + letGoMs
    let askAt = 0
    for (let there = await find(); there; there = await find()) {
      const now = clock.monotonic()
      if (now > deadline) throw new Refusal('conflict', `The guest ${domain.uuid} does not let go of ${what}.`)
      if (now >= askAt) {
        askAt = now + askAgainMs
        // The guest may be busy with the last request, or just done with it: what counts is whether it is gone.
        await domains.detach(domain, writeXml(there), 'now').catch(unlessBusy)
      }
      await clock.sleep(lookEveryMs)
    }
  }

  const volume =
    (volumeId: string): Finder =>
    ({ disks }) =>
      disks.find(disk => disk.serial === volumeId)?.element

  return {
    attachNic: (guest, nic) =>
      attach(
        guest,
        ({ nics }) => nics.find(each => each.macAddress === nic.macAddress)?.element,
        machine => nicXml(nic, guest, wishesOf(guest), machine),
      ),
    detachNic: (uuid, mac) => detach(uuid, ({ nics }) => nics.find(each => each.macAddress === mac)?.element, `the cable ${mac}`),
    attachVolume: (guest, wish) => attach(guest, volume(wish.volumeId), machine => volumeXml(guest, wish, machine)),
    detachVolume: (uuid, volumeId) => detach(uuid, volume(volumeId), `the volume ${volumeId}`),
    extendVolume: async (uuid, volumeId, sizeBytes) => {
      const domain = await getDomain(domains, uuid)
      if (!(await runs(domain))) return
      const disk = detailsOf(await domains.xml(domain)).disks.find(each => each.serial === volumeId)
      if (!disk) throw new Refusal('not-found', `The volume ${volumeId} is not attached to instance ${uuid}.`)
      await domains.resizeBlock(domain, disk.device, sizeBytes)
    },
    setPassword: async (uuid, user, password) => {
      await domains.setPassword(await getDomain(domains, uuid), user, password).catch(told)
    },
    injectNmi: async uuid => domains.injectNmi(await getDomain(domains, uuid)),
  }
}

function unlessBusy(error: unknown): void {
  if (!isLibvirt(error, errorCodes.deviceMissing, errorCodes.operationInvalid, errorCodes.operationFailed)) throw error
}

/** libvirt's errors about a guest's agent, as its owner should hear them. None repeats the password. */
function told(error: unknown): never {
  const { argumentUnsupported, configUnsupported, operationUnsupported, agentUnresponsive, agentCommandTimeout, agentCommandFailed } =
    errorCodes
  if (isLibvirt(error, argumentUnsupported, configUnsupported, operationUnsupported)) throw noAgent()
  if (isLibvirt(error, agentUnresponsive, agentCommandTimeout))
    throw new Refusal('conflict', 'The guest agent does not answer.', { cause: error })
  if (isLibvirt(error, agentCommandFailed)) throw new Refusal('conflict', 'The guest did not set the password.', { cause: error })
  throw error
}
