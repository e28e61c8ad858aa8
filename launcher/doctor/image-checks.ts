import { firstImageTopic } from '../first-image.ts'
import { type Check, ok, warn } from './check.ts'

/** Whether a new cloud has something to boot. The cloud that runs knows. */
export const firstImageCheck: Check = {
  name: 'image',
  run: ({ services, settings, home }) => {
    if (!services.some(({ name }) => name === 'glance') || !settings.DEFAULT.guest_image) return []
    const why = home.remarks[firstImageTopic]
    if (why !== undefined)
      return [
        warn(`kilonova-guest: ${why}`, 'apt-get update, then it is made within ten minutes; or: openstack image create --file FILE ...'),
      ]
    const says = home.notes[firstImageTopic]
    return says === undefined ? [] : [ok(`kilonova-guest ${says}`)]
  },
}
