import { type GuestState, isGuestName, type PowerState } from '../../contract/guest.ts'
import type { Connection } from './connection.ts'
import { LibvirtError } from './rpc/errors.ts'
import { errorCodes, procedures } from './rpc/procedures.ts'
import { numberIn, readTypedParams, type TypedParams } from './rpc/typed-params.ts'
import { type XdrReader, XdrWriter } from './rpc/xdr.ts'

/** A domain as libvirt's wire names it: all three, always. */
export interface Domain {
  readonly name: string
  readonly uuid: string
  readonly id: number
}

/** What we say to libvirt about domains, one line per call. Only domains of our own names ever come out of `find` and `list`. */
export interface Domains {
  list(): Promise<readonly GuestState[]>
  /** How many run on this host, whoever they belong to. */
  countRunning(): Promise<number>
  find(uuid: string): Promise<Domain | undefined>
  /** Whoever has the name on this host. */
  findByName(name: string): Promise<Domain | undefined>
  power(domain: Domain): Promise<PowerState>
  xml(domain: Domain, which?: 'now' | 'next'): Promise<string>
  define(xml: string): Promise<Domain>
  /** `anew` gives up memory that was kept; otherwise the guest goes on with it. */
  create(domain: Domain, how: 'anew' | 'go on'): Promise<void>
  /** Harmless when it does not run. */
  destroy(domain: Domain): Promise<void>
  shutdown(domain: Domain): Promise<void>
  suspend(domain: Domain): Promise<void>
  resume(domain: Domain): Promise<void>
  /** Memory to disk, power off. */
  save(domain: Domain): Promise<void>
  isSaved(domain: Domain): Promise<boolean>
  undefine(domain: Domain): Promise<void>
  /** Everything libvirt counts about it. */
  stats(domain: Domain): Promise<TypedParams>
  /** `now`: into the guest that runs; `next`: into what it is when it starts again. */
  attach(domain: Domain, xml: string, which: 'now' | 'next'): Promise<void>
  detach(domain: Domain, xml: string, which: 'now' | 'next'): Promise<void>
  resizeBlock(domain: Domain, device: string, bytes: number): Promise<void>
  setPassword(domain: Domain, user: string, password: string): Promise<void>
  injectNmi(domain: Domain): Promise<void>
  freeze(domain: Domain): Promise<void>
  thaw(domain: Domain): Promise<void>
  beginBackup(domain: Domain, xml: string): Promise<void>
  /** `none` when nothing is under way. */
  job(domain: Domain): Promise<'none' | 'running'>
  /** Whether libvirt is at work on it, whoever asked for that. */
  isBusy(domain: Domain): Promise<boolean>
  /** Of the copy that is being made of its disks; nothing when none is. */
  backupXml(domain: Domain): Promise<string | undefined>
  /** Harmless when nothing is under way. */
  abortJob(domain: Domain): Promise<void>
  /** Why the last job failed; nothing when it did not. */
  lastFailure(domain: Domain): Promise<string | undefined>
}

const startMs = 180_000
const stopMs = 60_000
const saveMs = 600_000
const agentMs = 60_000
/** Managed save, snapshots' and checkpoints' metadata, NVRAM: nothing of a domain survives its end. */
const undefineAll = 1 | 2 | 4 | 16
const forceBoot = 8
const live = 1
const config = 2
const inactiveXml = 2
const ofState = 1
/** State, processor, memory, virtual processors, cables, disks. */
const ofEverything = 1 | 2 | 4 | 8 | 16 | 32

export function domainsOver(connection: () => Promise<Connection>): Domains {
  const call = async <T>(procedure: number, body: XdrWriter, read: (reader: XdrReader) => T, deadlineMs?: number): Promise<T> =>
    (await connection()).call(procedure, body, read, deadlineMs)
  const act = (procedure: number, body: XdrWriter, deadlineMs?: number): Promise<void> => call(procedure, body, () => undefined, deadlineMs)
  const allStats = (domains: readonly Domain[], which: number) =>
    call(procedures.connectGetAllDomainStats, writeList(domains).u32(which).u32(0), reader => reader.list(() => readStats(reader)))
  const where = (which: 'now' | 'next') => (which === 'now' ? live : config)

  const jobOf = async (domain: Domain): Promise<'none' | 'running'> => {
    try {
      const type = await call(procedures.domainGetJobStats, writeDomain(domain).u32(0), reader => reader.i32())
      return type === noJob ? 'none' : 'running'
    } catch (error) {
      // A backup that has just begun, or just ended, has no numbers yet or any more.
      if (isLibvirt(error, errorCodes.internalError)) return 'running'
      throw error
    }
  }

  return {
    list: async () =>
      (await allStats([], ofState))
        .filter(each => isGuestName(each.domain.name))
        .map(({ domain: { uuid, name }, params }) => ({ uuid, name, power: powerOf(numberIn(params, 'state.state')) })),
    countRunning: async () =>
      (await allStats([], ofState)).filter(({ params }) => powerOf(numberIn(params, 'state.state')) === 'running').length,
    find: async uuid => {
      const found = await call(procedures.domainLookupByUuid, new XdrWriter().fixed(uuidBytes(uuid)), readDomain).catch(unlessAbsent)
      return found && isGuestName(found.name) ? found : undefined
    },
    findByName: name => call(procedures.domainLookupByName, new XdrWriter().text(name), readDomain).catch(unlessAbsent),
    power: async domain => {
      const [state] = await call(procedures.domainGetInfo, writeDomain(domain), reader => [reader.u32()])
      return powerOf(state)
    },
    xml: (domain, which = 'now') =>
      call(procedures.domainGetXml, writeDomain(domain).u32(which === 'next' ? inactiveXml : 0), reader => reader.text()),
    define: xml => call(procedures.domainDefineXml, new XdrWriter().text(xml), readDomain),
    create: (domain, how) => act(procedures.domainCreateWithFlags, writeDomain(domain).u32(how === 'anew' ? forceBoot : 0), startMs),
    destroy: domain => act(procedures.domainDestroy, writeDomain(domain), stopMs).catch(unlessOff),
    shutdown: domain => act(procedures.domainShutdown, writeDomain(domain)),
    suspend: domain => act(procedures.domainSuspend, writeDomain(domain)),
    resume: domain => act(procedures.domainResume, writeDomain(domain)),
    save: domain => act(procedures.domainManagedSave, writeDomain(domain).u32(0), saveMs).catch(unlessOff),
    isSaved: async domain => (await call(procedures.domainHasManagedSaveImage, writeDomain(domain).u32(0), reader => reader.i32())) === 1,
    undefine: domain => act(procedures.domainUndefineFlags, writeDomain(domain).u32(undefineAll), stopMs),
    stats: async domain => (await allStats([domain], ofEverything))[0]?.params ?? new Map(),
    attach: (domain, xml, which) => act(procedures.domainAttachDeviceFlags, writeDomain(domain).text(xml).u32(where(which)), stopMs),
    detach: (domain, xml, which) => act(procedures.domainDetachDeviceFlags, writeDomain(domain).text(xml).u32(where(which)), stopMs),
    resizeBlock: (domain, device, bytes) =>
      act(procedures.domainBlockResize, writeDomain(domain).text(device).u64(BigInt(bytes)).u32(resizeInBytes), stopMs),
    setPassword: (domain, user, password) =>
      act(procedures.domainSetUserPassword, writeDomain(domain).optionalText(user).optionalText(password).u32(0), agentMs),
    injectNmi: domain => act(procedures.domainInjectNmi, writeDomain(domain).u32(0)),
    freeze: domain => act(procedures.domainFsFreeze, writeDomain(domain).u32(0).u32(0), agentMs),
    thaw: domain => act(procedures.domainFsThaw, writeDomain(domain).u32(0).u32(0), agentMs),
    beginBackup: (domain, xml) => act(procedures.domainBackupBegin, writeDomain(domain).text(xml).optionalText(undefined).u32(0), stopMs),
    job: jobOf,
    isBusy: async domain => {
      const [state, reason] = await call(procedures.domainGetState, writeDomain(domain).u32(0), reader => [reader.i32(), reader.i32()])
      if (powerOf(state) === 'paused' && passing.has(reason)) return true
      return (await jobOf(domain).catch(unlessOff)) === 'running'
    },
    backupXml: domain =>
      call(procedures.domainBackupGetXml, writeDomain(domain).u32(0), reader => reader.text()).catch(error => {
        if (!isLibvirt(error, errorCodes.backupMissing, errorCodes.operationInvalid)) throw error
        return undefined
      }),
    abortJob: domain => act(procedures.domainAbortJob, writeDomain(domain)).catch(unlessOff),
    lastFailure: async domain => {
      const [type, params] = await call(procedures.domainGetJobStats, writeDomain(domain).u32(completed), reader => [
        reader.i32(),
        readTypedParams(reader),
      ])
      return type === jobCompleted ? undefined : `${params.get('errmsg') ?? 'it was broken off'}`
    },
  }
}

/** Why a guest may stand still for a moment: it moves, is saved or dumped, shuts down, is copied, starts. */
const passing: ReadonlySet<number | undefined> = new Set([2, 3, 4, 8, 9, 11])
const noJob = 0

const resizeInBytes = 1
const completed = 1
const jobCompleted = 3

export const readDomain = (reader: XdrReader): Domain => ({ name: reader.text(), uuid: uuidText(reader.fixed(16)), id: reader.i32() })

const writeDomain = (domain: Domain): XdrWriter => addDomain(new XdrWriter(), domain)
const addDomain = (body: XdrWriter, { name, uuid, id }: Domain): XdrWriter => body.text(name).fixed(uuidBytes(uuid)).i32(id)
const writeList = (domains: readonly Domain[]): XdrWriter => domains.reduce(addDomain, new XdrWriter().u32(domains.length))

const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')
const uuidText = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

const readStats = (reader: XdrReader): { domain: Domain; params: TypedParams } => ({
  domain: readDomain(reader),
  params: readTypedParams(reader),
})

/**
 * libvirt's domain states in order: none, running, blocked, paused, shutting down, off, crashed, suspended by its own wish. One that is shutting
 * down is not off yet: its disks are in use, and it cannot be started.
 */
const powers: readonly PowerState[] = ['nostate', 'running', 'running', 'paused', 'running', 'shutdown', 'crashed', 'suspended']
export const powerOf = (state: number | undefined): PowerState => powers[state ?? 0] ?? 'nostate'

export const isLibvirt = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof LibvirtError && codes.includes(error.code)

function unlessAbsent(error: unknown): undefined {
  if (!isLibvirt(error, errorCodes.noDomain)) throw error
}

function unlessOff(error: unknown): undefined {
  if (!isLibvirt(error, errorCodes.operationInvalid)) throw error
}
