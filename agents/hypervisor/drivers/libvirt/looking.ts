import { availableParallelism, freemem, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { type CpuTimes, cpuMetrics } from '../../contract/cpu-metrics.ts'
import type { Diagnostics } from '../../contract/diagnostics.ts'
import { type HostFacts, plainFacts } from '../../contract/host.ts'
import type { Looking } from '../driver.ts'
import type { Known } from './abilities.ts'
import type { VirtChoice } from './choose-virt-type.ts'
import { tailOf } from './console-log.ts'
import type { Domains } from './domains.ts'
import { lifecycleOf } from './events.ts'
import type { HostFiles } from './files.ts'
import { withPagesOfNow } from './large-pages.ts'
import type { LibvirtOptions } from './libvirt-options.ts'
import { machineClocks } from './machine-clocks.ts'
import { getDomain, stateOf } from './power.ts'
import { resting } from './rest.ts'
import { procedures } from './rpc/procedures.ts'
import { numberIn, type TypedParams } from './rpc/typed-params.ts'
import { XdrWriter } from './rpc/xdr.ts'
import type { Run } from './run.ts'
import type { Session } from './session.ts'
import { traitsOf } from './traits.ts'
import { hostWarnings } from './warnings.ts'
import { type DomainDetails, detailsOf } from './xml-of-domain.ts'

export interface LookingParts {
  readonly host: string
  readonly hostIp: string
  readonly choice: VirtChoice
  readonly options: LibvirtOptions
  readonly session: Session
  readonly domains: Domains
  readonly files: HostFiles
  readonly known: () => Promise<Known>
  readonly run: Run
  readonly clock: Clock
  readonly log: Log
}

const mb = 1024 ** 2
const gb = 1024 ** 3

export function libvirtLooking(parts: LookingParts): Looking {
  const { choice, domains, files, run, session, clock, log } = parts
  let lastTimes: CpuTimes | undefined
  return {
    facts: async () => {
      const [facts, { bootedAt, times }] = await Promise.all([factsOf(parts), machineClocks()])
      const metrics = parts.options.monitorsCpu ? cpuMetrics(times, lastTimes) : undefined
      lastTimes = times
      return { ...facts, bootedAt, ...(metrics === undefined ? {} : { metrics }) }
    },
    uptime: async () => (await run('uptime', [])).replace(/\n$/, ''),
    listGuests: domains.list,
    findGuest: async uuid => {
      const domain = await domains.find(uuid)
      return domain && stateOf(domain, parts)
    },
    diagnostics: async uuid => {
      const domain = await getDomain(domains, uuid)
      const [power, xml, stats] = await Promise.all([domains.power(domain), domains.xml(domain), domains.stats(domain)])
      const state = power === 'nostate' ? 'pending' : power
      return { driver: 'libvirt', hypervisor: choice.virtType, hypervisorOs: 'linux', power: state, ...counted(detailsOf(xml), stats) }
    },
    consoleLog: async (uuid, maxBytes) =>
      tailOf(join(files.paths.directoryOf((await getDomain(domains, uuid)).uuid), 'console.log'), maxBytes),
    rest: resting({ domains, paths: files.paths, clock, log }),
    follow: lifecycleOf(session),
  }
}

async function factsOf({ host, hostIp, choice, options, session, domains, files, known }: LookingParts): Promise<HostFacts> {
  const connection = await session.connection()
  const [version, capacity, promised, runningGuests, warnings, { capabilities, abilities }] = await Promise.all([
    connection.call(procedures.connectGetVersion, new XdrWriter(), reader => reader.u64()),
    files.capacityGb(),
    files.promisedBytes(),
    domains.countRunning(),
    hostWarnings(),
    known(),
  ])
  const { cpu, supported } = capabilities
  const cells = await withPagesOfNow(capabilities.cells)
  return plainFacts({
    ...{
      host,
      nodeName: host,
      hostIp,
      hypervisorType: 'QEMU',
      hypervisorVersion: Number(version),
      virtType: choice.virtType,
      arch: cpu.arch,
    },
    ...{ vcpus: availableParallelism(), memoryMb: Math.floor(totalmem() / mb), memoryUsedMb: Math.floor((totalmem() - freemem()) / mb) },
    ...{ diskGb: capacity.total, freeDiskGb: capacity.free, diskAvailableLeastGb: Math.floor(capacity.free - promised / gb) },
    ...{
      runningGuests,
      cpu,
      cells,
      supported,
      dedicatedCpus: options.dedicatedCpus,
      sharedCpus: options.sharedCpus,
      traits: traitsOf(cpu, abilities.firmwares),
    },
    warnings: [...(choice.virtType === 'qemu' ? [`Guests are emulated and slow: ${choice.because}.`] : []), ...warnings],
  })
}

/** libvirt's counters in the order of the devices they are of. */
function counted({ nics, disks }: DomainDetails, stats: TypedParams) {
  const count = (name: string) => numberIn(stats, name) ?? 0
  const each = (kind: string) => Array.from({ length: count(`${kind}.count`) }, (_, at) => at)
  const cpus = Array.from({ length: count('vcpu.current') }, (_, id) => ({ id, timeNs: count(`vcpu.${id}.time`), utilisation: null }))
  const way = (at: number, rx: 'rx' | 'tx') => ({
    octets: count(`net.${at}.${rx}.bytes`),
    packets: count(`net.${at}.${rx}.pkts`),
    errors: count(`net.${at}.${rx}.errs`),
    drops: count(`net.${at}.${rx}.drop`),
  })
  const memory = [...stats].flatMap(([name, value]) =>
    name.startsWith('balloon.') && typeof value === 'number' ? [[name.slice(8), value]] : [],
  )
  const used = count('balloon.available') - count('balloon.unused')
  return {
    hasConfigDrive: disks.some(disk => disk.path?.includes('/disk.config') === true),
    cpus,
    nics: each('net').map(at => {
      const tap = `${stats.get(`net.${at}.name`) ?? ''}`
      return { tap, macAddress: nics.find(nic => nic.tap === tap)?.macAddress ?? '', received: way(at, 'rx'), sent: way(at, 'tx') }
    }),
    disks: each('block').map(at => ({
      device: `${stats.get(`block.${at}.name`) ?? ''}`,
      readBytes: count(`block.${at}.rd.bytes`),
      readRequests: count(`block.${at}.rd.reqs`),
      writeBytes: count(`block.${at}.wr.bytes`),
      writeRequests: count(`block.${at}.wr.reqs`),
      errors: numberIn(stats, `block.${at}.errors`) ?? null,
    })),
    memory: {
      maximumMb: Math.floor(count('balloon.maximum') / 1024),
      // A guest without a balloon's driver says nothing: then all it was given counts.
      usedMb: Math.floor((stats.has('balloon.unused') ? used : count('balloon.current')) / 1024),
    },
    memoryCounts: Object.fromEntries(memory),
  } satisfies Partial<Diagnostics>
}
