import { firstImageTopic } from '../first-image.ts'
import { findRunning } from '../running.ts'
import { type Check, ok, warn } from './check.ts'

/** Whether a new cloud has something to boot. The cloud that runs knows. */
export const firstImageCheck: Check = {
  name: 'image',
  run: ({ host, places, services, settings }) => {
    if (!services.some(({ name }) => name === 'glance') || !settings.DEFAULT.guest_image) return []
    const running = findRunning(host, places.running)
    const why = running?.remarks?.[firstImageTopic]
    if (why !== undefined)
      return [
        warn(`kilonova-guest: ${why}`, 'apt-get update, then it is made within ten minutes; or: openstack image create --file FILE ...'),
      ]
    const says = running?.notes?.[firstImageTopic]
    return says === undefined ? [] : [ok(`kilonova-guest ${says}`)]
  },
}
