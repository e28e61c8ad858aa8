import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Firmware } from './domain/machine.ts'
import { exists, readIfThere } from './paths.ts'

/** Where distributions and operators describe firmware, the operators' above. */
const folders = ['/etc/qemu/firmware', '/usr/share/qemu/firmware']

/** As QEMU's own description of firmware has it. */
interface Descriptor {
  readonly 'interface-types'?: readonly string[]
  readonly mapping?: {
    readonly device?: string
    readonly executable?: { readonly filename?: string; readonly format?: string }
    readonly 'nvram-template'?: { readonly filename?: string }
  }
  readonly targets?: readonly { readonly architecture?: string; readonly machines?: readonly string[] }[]
  readonly features?: readonly string[]
}

/** Programs for UEFI that are installed, in the order of their descriptors' names: the first that fits is taken. */
export async function findFirmwares(arch: string): Promise<Firmware[]> {
  const found = new Map<string, string>()
  for (const folder of folders.toReversed()) {
    for (const name of await readdir(folder).catch(() => [])) if (name.endsWith('.json')) found.set(name, join(folder, name))
  }
  const ordered = [...found].sort(([one], [other]) => one.localeCompare(other)).map(([, path]) => path)
  const all = await Promise.all(ordered.map(path => read(path, arch)))
  return all.flat()
}

async function read(path: string, arch: string): Promise<Firmware[]> {
  const descriptor = parsed((await readIfThere(path)) ?? '')
  const { mapping, targets = [], features = [] } = descriptor
  const loader = mapping?.executable?.filename
  const isOurs = descriptor['interface-types']?.includes('uefi') && mapping?.device === 'flash' && mapping.executable?.format === 'raw'
  if (!isOurs || loader === undefined || !(await exists(loader))) return []
  const machines = targets.flatMap(target => (target.architecture === arch ? (target.machines ?? []) : []))
  if (machines.length === 0) return []
  const isSecure = features.includes('secure-boot')
  return [{ loader, nvramTemplate: mapping?.['nvram-template']?.filename, machines, isSecure, needsSmm: features.includes('requires-smm') }]
}

/** A descriptor that cannot be read describes nothing. */
function parsed(text: string): Descriptor {
  try {
    return JSON.parse(text) as Descriptor
  } catch {
    return {}
  }
}
