import { type GuestState, isGuestName, type PowerState } from '../../contract/guest.ts'
import type { Connection } from './connection.ts'
import { errorCodes, procedures } from './rpc/procedures.ts'
import { LibvirtError } from './rpc/errors.ts'
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
  find(uuid: string): Promise<Domain | undefined>
  /** Whoever has the name on this host. */
  findByName(name: string): Promise<Domain | undefined>
  power(domain: Domain): Promise<PowerState>
  xml(domain: Domain): Promise<string>
  define(xml: string): Promise<Domain>
  create(domain: Domain): Promise<void>
  /** Harmless when it does not run. */
  destroy(domain: Domain): Promise<void>
  shutdown(domain: Domain): Promise<void>
  suspend(domain: Domain): Promise<void>
  resume(domain: Domain): Promise<void>
  undefine(domain: Domain): Promise<void>
}

const startMs = 180_000
const stopMs = 60_000
/** Managed save, snapshots' and checkpoints' metadata, NVRAM: nothing of a domain survives its end. */
const undefineAll = 1 | 2 | 4 | 16
const stateStats = 1

export function domainsOver(connection: () => Promise<Connection>): Domains {
  const call = async <T>(procedure: number, body: XdrWriter, read: (reader: XdrReader) => T, deadlineMs?: number): Promise<T> =>
    (await connection()).call(procedure, body, read, deadlineMs)
  const act = (procedure: number, domain: Domain, deadlineMs?: number): Promise<void> =>
    call(procedure, writeDomain(domain), () => undefined, deadlineMs)

  return {
    list: async () => {
      const body = new XdrWriter().u32(0).u32(stateStats).u32(0)
      const all = await call(procedures.connectGetAllDomainStats, body, reader => reader.list(() => readStats(reader)))
      return all.filter(each => isGuestName(each.name))
    },
    find: async uuid => {
      const found = await call(procedures.domainLookupByUuid, new XdrWriter().fixed(uuidBytes(uuid)), readDomain).catch(unlessAbsent)
      return found && isGuestName(found.name) ? found : undefined
    },
    findByName: name => call(procedures.domainLookupByName, new XdrWriter().text(name), readDomain).catch(unlessAbsent),
    power: async domain => {
      const [state] = await call(procedures.domainGetInfo, writeDomain(domain), reader => [reader.u32()])
      return powerOf(state)
    },
    xml: domain => call(procedures.domainGetXml, writeDomain(domain).u32(0), reader => reader.text()),
    define: xml => call(procedures.domainDefineXml, new XdrWriter().text(xml), readDomain),
    create: domain => act(procedures.domainCreate, domain, startMs),
    destroy: domain =>
      act(procedures.domainDestroy, domain, stopMs).catch(error => {
        if (!isLibvirt(error, errorCodes.operationInvalid)) throw error
      }),
    shutdown: domain => act(procedures.domainShutdown, domain),
    suspend: domain => act(procedures.domainSuspend, domain),
    resume: domain => act(procedures.domainResume, domain),
    undefine: domain => call(procedures.domainUndefineFlags, writeDomain(domain).u32(undefineAll), () => undefined, stopMs),
  }
}

export const readDomain = (reader: XdrReader): Domain => ({ name: reader.text(), uuid: uuidText(reader.fixed(16)), id: reader.i32() })

const writeDomain = ({ name, uuid, id }: Domain): XdrWriter => new XdrWriter().text(name).fixed(uuidBytes(uuid)).i32(id)

const uuidBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')
const uuidText = (bytes: Buffer): string => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

function readStats(reader: XdrReader): GuestState {
  const { name, uuid } = readDomain(reader)
  const values = new Map(reader.list(() => readTyped(reader)))
  return { uuid, name, power: powerOf(Number(values.get('state.state') ?? 0)) }
}

function readTyped(reader: XdrReader): [string, number | bigint | string] {
  const field = reader.text()
  const type = reader.u32()
  const read = typed[type]
  if (!read) throw new RangeError(`libvirt sends ${field} as an unknown type ${type}`)
  return [field, read(reader)]
}

const typed: Readonly<Record<number, (reader: XdrReader) => number | bigint | string>> = {
  1: reader => reader.i32(),
  2: reader => reader.u32(),
  3: reader => reader.i64(),
  4: reader => reader.u64(),
  5: reader => reader.f64(),
  6: reader => reader.i32(),
  7: reader => reader.text(),
}

/** libvirt's domain states in order: none, running, blocked, paused, shutting down, off, crashed, suspended by its own wish. */
const powers: readonly PowerState[] = ['nostate', 'running', 'running', 'paused', 'shutdown', 'shutdown', 'crashed', 'suspended']
const powerOf = (state: number | undefined): PowerState => powers[state ?? 0] ?? 'nostate'

export const isLibvirt = (error: unknown, code: number): boolean => error instanceof LibvirtError && error.code === code

function unlessAbsent(error: unknown): undefined {
  if (!isLibvirt(error, errorCodes.noDomain)) throw error
}
