import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest, GuestNic } from '../../../contract/guest.ts'
import { type Element, element } from '../xml.ts'
import type { Machine } from './machine.ts'
import { isYes, type Wishes, wholeNumber } from '../../../contract/wishes.ts'

const models = ['virtio', 'e1000', 'e1000e', 'igb', 'rtl8139', 'ne2k_pci', 'pcnet', 'vmxnet3']
/** More than QEMU's cables have. */
const mostQueues = 256

export function nicXml(
  { macAddress, bridge, tap, mtu, vnicType = 'normal' }: GuestNic,
  guest: Guest,
  wishes: Wishes,
  { virtType }: Machine,
): Element {
  if (vnicType !== 'normal') throw new Refusal('conflict', `A port of type ${vnicType} cannot be plugged into a bridge.`)
  const model = wishes.property('hw_vif_model') ?? 'virtio'
  if (!models.includes(model)) throw new Refusal('invalid', `Requested hardware '${model}' is not supported by the 'libvirt' virt driver`)
  const wantsQueues = isYes(wishes.either('hw_vif_multiqueue_enabled', 'hw:vif_multiqueue_enabled'))
  const queues = wantsQueues && model === 'virtio' && guest.vcpus > 1 ? Math.min(guest.vcpus, mostQueues) : undefined
  return element('interface', { type: 'bridge' }, [
    element('mac', { address: macAddress }),
    element('source', { bridge }),
    element('target', { dev: tap }),
    element('model', { type: model }),
    queues !== undefined && element('driver', { name: virtType === 'kvm' ? 'vhost' : undefined, queues }),
    bandwidth(wishes),
    mtu !== undefined && element('mtu', { size: mtu }),
  ])
}

/** Kilobytes a second on the average, at the peak, and in one burst. */
function bandwidth(wishes: Wishes): Element | undefined {
  const way = (name: 'inbound' | 'outbound'): Element | undefined => {
    const part = (kind: string) => wholeNumber(wishes.spec(`quota:vif_${name}_${kind}`), `quota:vif_${name}_${kind}`)
    const average = part('average')
    return average === undefined ? undefined : element(name, { average, peak: part('peak'), burst: part('burst') })
  }
  const ways = [way('inbound'), way('outbound')].filter(each => each !== undefined)
  return ways.length > 0 ? element('bandwidth', {}, ways) : undefined
}
