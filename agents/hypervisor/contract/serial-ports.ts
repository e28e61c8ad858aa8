import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Wishes, wholeNumber } from './wishes.ts'

/** How many serial lines are asked for: an image may ask for fewer than the flavor gives. */
export function serialPortsWished(wishes: Wishes): number {
  const ofFlavor = wholeNumber(wishes.spec('hw:serial_port_count'), 'hw:serial_port_count')
  const ofImage = wholeNumber(wishes.property('hw_serial_port_count'), 'hw_serial_port_count')
  if (ofFlavor && ofImage && ofImage > ofFlavor)
    throw new Refusal('invalid', 'Forbidden to exceed flavor value of number of serial ports passed in image meta.')
  return ofImage || ofFlavor || 1
}
