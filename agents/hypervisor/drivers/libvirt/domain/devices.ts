import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../../contract/guest.ts'
import { serialPortsWished } from '../../../contract/serial-ports.ts'
import { type Element, element } from '../xml.ts'
import type { Machine } from './machine.ts'
import { isQ35, machineTypeOf } from './platform.ts'
import { isYes, oneOf, type Wishes, wholeNumber } from '../../../contract/wishes.ts'

type Maybe = Element | undefined

/** Everything that is neither disk nor cable. */
export function devices(guest: Guest, wishes: Wishes, machine: Machine): Maybe[] {
  return [
    ...lines(machine),
    ...screen(wishes, machine),
    ...pointers(wishes, machine),
    agentDoor(guest, wishes),
    randomness(wishes, machine),
    ...spareSlots(wishes, machine),
    watchdog(wishes),
    machine.options.memoryStatsPeriodS > 0
      ? element('memballoon', { model: 'virtio' }, [element('stats', { period: machine.options.memoryStatsPeriodS })])
      : undefined,
  ]
}

/** Serial lines that people can talk over; what the guest says on the first is written down at the same time. */
function lines({ directory, options, serialPorts }: Machine): Element[] {
  const log = element('log', { file: `${directory}/console.log`, append: 'off' })
  const line = (port: number): Element =>
    options.serial.isOn
      ? element('serial', { type: 'tcp' }, [
          element('source', { mode: 'bind', host: options.serial.listen, service: serialPorts[port] }),
          element('protocol', { type: 'raw' }),
          port === 0 && log,
          element('target', { port }),
        ])
      : element('serial', { type: 'pty' }, [log, element('target', { port })])
  const all = options.serial.isOn ? serialPorts.map((_, port) => line(port)) : [line(0)]
  return options.serial.isOn ? all : [...all, element('console', { type: 'pty' }, [element('target', { type: 'serial', port: 0 })])]
}

const mostSerialPorts = 4

/** How many serial lines a guest has where they are served. */
export function serialPortCount(wishes: Wishes): number {
  const count = serialPortsWished(wishes)
  if (count > mostSerialPorts) throw new Refusal('invalid', `Maximum number of serial port exceeds ${mostSerialPorts} for this virt type`)
  return count
}

const videoModels = ['vga', 'cirrus', 'vmvga', 'qxl', 'virtio', 'bochs', 'none']

function screen(wishes: Wishes, { options }: Machine): Element[] {
  if (!options.vnc.isOn) return []
  const model = wishes.property('hw_video_model') ?? 'virtio'
  if (!videoModels.includes(model)) throw new Refusal('invalid', `Provided video model (${model}) is not supported.`)
  const ramMb = wholeNumber(wishes.property('hw_video_ram'), 'hw_video_ram') ?? 0
  const mostMb = wholeNumber(wishes.spec('hw_video:ram_max_mb'), 'hw_video:ram_max_mb') ?? 0
  if (ramMb > mostMb)
    throw new Refusal('invalid', `The requested amount of video memory ${ramMb} is higher than the maximum allowed by flavor ${mostMb}.`)
  return [
    element('graphics', { type: 'vnc', port: -1, autoport: 'yes' }, [element('listen', { type: 'address', address: options.vnc.listen })]),
    element('video', {}, [element('model', { type: model, vram: ramMb > 0 ? ramMb * 1024 : undefined })]),
  ]
}

/** A tablet tells where the pointer is, a mouse only how it moved: over a screen far away only the first is any good. */
function pointers(wishes: Wishes, { options }: Machine): Element[] {
  if (!options.vnc.isOn) return []
  const bus = oneOf(wishes.property('hw_input_bus'), ['usb', 'virtio'], 'hw_input_bus')
  if (bus) return [element('input', { type: 'tablet', bus }), element('input', { type: 'keyboard', bus })]
  const wish = oneOf(wishes.property('hw_pointer_model'), ['usbtablet'], 'hw_pointer_model') ?? options.pointer
  return wish === 'usbtablet' ? [element('input', { type: 'tablet', bus: 'usb' })] : []
}

export const agentChannel = 'org.qemu.guest_agent.0'

const agentDoor = ({ name }: Guest, wishes: Wishes): Maybe =>
  isYes(wishes.property('hw_qemu_guest_agent'))
    ? element('channel', { type: 'unix' }, [
        element('source', { mode: 'bind', path: `/var/lib/libvirt/qemu/${agentChannel}.${name}.sock` }),
        element('target', { type: 'virtio', name: agentChannel }),
      ])
    : undefined

function randomness(wishes: Wishes, { options: { rngPath } }: Machine): Maybe {
  if (rngPath === undefined || !isYes(wishes.spec('hw_rng:allowed') ?? 'true')) return undefined
  oneOf(wishes.property('hw_rng_model'), ['virtio'], 'hw_rng_model')
  const bytes = wholeNumber(wishes.spec('hw_rng:rate_bytes'), 'hw_rng:rate_bytes')
  const period = wholeNumber(wishes.spec('hw_rng:rate_period'), 'hw_rng:rate_period')
  return element('rng', { model: 'virtio' }, [
    bytes !== undefined && bytes > 0 && element('rate', { bytes, period: period || undefined }),
    element('backend', { model: 'random' }, [rngPath]),
  ])
}

/** On PCI Express every later device needs a port of its own that was there from the start. */
function spareSlots(wishes: Wishes, machine: Machine): Element[] {
  const { pciePorts } = machine.options
  if (pciePorts === 0 || !isQ35(machineTypeOf(wishes, machine))) return []
  const ports = Array.from({ length: pciePorts }, () => element('controller', { type: 'pci', model: 'pcie-root-port' }))
  return [element('controller', { type: 'pci', model: 'pcie-root' }), ...ports]
}

function watchdog(wishes: Wishes): Maybe {
  const words = ['none', 'pause', 'poweroff', 'reset', 'disabled'] as const
  const action = oneOf(wishes.either('hw_watchdog_action', 'hw:watchdog_action'), words, 'hw:watchdog_action') ?? 'disabled'
  return action === 'disabled' ? undefined : element('watchdog', { model: 'i6300esb', action })
}
