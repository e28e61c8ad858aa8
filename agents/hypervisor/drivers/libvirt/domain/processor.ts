import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../../contract/guest.ts'
import { type Element, element } from '../xml.ts'
import { wantsLockedMemory } from '../../../contract/memory-wishes.ts'
import { topologyOf } from '../../../contract/cpu-topology.ts'
import type { Machine } from './machine.ts'
import { isYes, setText, type Wishes, wholeNumber } from '../../../contract/wishes.ts'

/** What processors the guest sees. Emulated ones stay QEMU's own: nearer to the host's they would only be slower. */
export function processor({ vcpus }: Guest, wishes: Wishes, { virtType, options, places }: Machine): Element {
  const mode = options.cpuMode ?? (virtType === 'kvm' ? 'host-model' : 'none')
  const [model] = options.cpuModels
  if (mode === 'custom' && model === undefined) throw new Refusal('invalid', '[libvirt] cpu_mode = custom needs [libvirt] cpu_models.')
  const flags = mode === 'none' ? [] : options.cpuFlags
  return element('cpu', mode === 'none' ? {} : { mode, ...(mode === 'host-passthrough' ? {} : { match: 'exact', check: 'partial' }) }, [
    mode === 'custom' && element('model', { fallback: 'allow' }, [model ?? '']),
    element('topology', { ...topologyOf(vcpus, wishes) }),
    ...flags.map(flag =>
      element('feature', { policy: flag.startsWith('-') ? 'disable' : 'require', name: flag.replace(/^[+-]/, '').toLowerCase() }),
    ),
    places !== undefined && places.cells.length > 0 && numa(places.cells),
  ])
}

type Cells = NonNullable<Machine['places']>['cells']

const numa = (cells: Cells): Element =>
  element(
    'numa',
    {},
    cells.map(({ id, vcpus, memoryMb }) => element('cell', { id, cpus: setText(vcpus), memory: memoryMb * 1024, unit: 'KiB' })),
  )

/** `<vcpu>`, and where processors and memory lie. */
export function placement({ vcpus }: Guest, wishes: Wishes, machine: Machine): (Element | undefined)[] {
  const { places } = machine
  const cpuset = places?.pins === undefined && places?.shared ? setText(places.shared) : undefined
  return [
    memoryBacking(wishes, machine),
    element('vcpu', { cpuset }, [`${vcpus}`]),
    tuning(wishes, machine),
    places && places.cells.length > 0 ? memoryPlaces(places.cells) : undefined,
  ]
}

function memoryBacking(wishes: Wishes, { places }: Machine): Element | undefined {
  const pages = (places?.cells ?? []).filter(cell => (cell.pageKb ?? 4) > 4)
  const isLocked = wantsLockedMemory(wishes)
  if (pages.length === 0 && !isLocked) return undefined
  return element('memoryBacking', {}, [
    pages.length > 0 &&
      element(
        'hugepages',
        {},
        pages.map(cell => element('page', { size: cell.pageKb, unit: 'KiB', nodeset: cell.id })),
      ),
    isLocked && element('locked'),
  ])
}

const quotas = ['shares', 'period', 'quota'] as const

function tuning(wishes: Wishes, { places, host }: Machine): Element | undefined {
  const limits = quotas.flatMap(name => {
    const value = wholeNumber(wishes.spec(`quota:cpu_${name}`), `quota:cpu_${name}`)
    return value === undefined ? [] : [element(name, {}, [`${value}`])]
  })
  if (limits.length > 0 && !host.limitsCpus) throw new Refusal('conflict', 'Requested CPU control policy not supported by host')
  const pins = places?.pins ?? []
  if (limits.length === 0 && pins.length === 0) return undefined
  return element('cputune', {}, [
    ...limits,
    ...pins.map((cpus, vcpu) => element('vcpupin', { vcpu, cpuset: setText(cpus) })),
    places?.emulator !== undefined && element('emulatorpin', { cpuset: setText(places.emulator) }),
  ])
}

const memoryPlaces = (cells: Cells): Element =>
  element('numatune', {}, [
    element('memory', { mode: 'strict', nodeset: setText([...new Set(cells.map(cell => cell.hostCell))]) }),
    ...cells.map(cell => element('memnode', { cellid: cell.id, mode: 'strict', nodeset: cell.hostCell })),
  ])

export const hidesHypervisor = (wishes: Wishes): boolean =>
  isYes(wishes.spec('hide_hypervisor_id')) ||
  isYes(wishes.spec('hw:hide_hypervisor_id')) ||
  isYes(wishes.property('img_hide_hypervisor_id'))
