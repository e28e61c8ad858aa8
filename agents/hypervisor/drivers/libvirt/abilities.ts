import { readdir } from 'node:fs/promises'
import { type Capabilities, readCapabilities } from './capabilities.ts'
import type { Connection } from './connection.ts'
import type { Abilities } from './domain/machine.ts'
import { findFirmwares } from './firmwares.ts'
import { readIfThere } from './paths.ts'
import { procedures } from './rpc/procedures.ts'
import { XdrWriter } from './rpc/xdr.ts'

export interface Known {
  readonly capabilities: Capabilities
  readonly abilities: Abilities
}

/** What the host can: asked once a connection, as a libvirt that comes back may be another. */
export function abilitiesOver(connection: () => Promise<Connection>): () => Promise<Known> {
  const asked = new WeakMap<Connection, Promise<Known>>()
  return async () => {
    const open = await connection()
    const known = asked.get(open) ?? ask(open)
    asked.set(open, known)
    known.catch(() => asked.delete(open))
    return known
  }
}

async function ask(connection: Connection): Promise<Known> {
  const capabilities = readCapabilities(
    await connection.call(procedures.connectGetCapabilities, new XdrWriter(), reader => reader.text(), 120_000),
  )
  const { cpu, cells, machineTypes, hostUuid } = capabilities
  const [firmwares, limitsCpus, machineId] = await Promise.all([findFirmwares(cpu.arch), hasCpuControl(), readIfThere('/etc/machine-id')])
  const serial = { os: dashed(machineId), hardware: hostUuid }
  return { capabilities, abilities: { arch: cpu.arch, machineTypes, firmwares, cells, limitsCpus, serial } }
}

const dashed = (id: string | undefined): string | undefined =>
  id?.trim().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') || undefined

/** Control groups of either version. */
async function hasCpuControl(): Promise<boolean> {
  const second = await readIfThere('/sys/fs/cgroup/cgroup.controllers')
  if (second !== undefined) return second.split(/\s+/).includes('cpu')
  const first = await readdir('/sys/fs/cgroup').catch(() => [])
  return first.some(name => name.split(',').includes('cpu'))
}
