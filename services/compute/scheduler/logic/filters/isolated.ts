import type { Filter } from '../../scheduler/request.ts'

export interface IsolationRules {
  readonly isolated_hosts: readonly string[]
  readonly isolated_images: readonly string[]
  readonly restrict_isolated_hosts_to_isolated_images: boolean
}

/** Images that the configuration isolates run on isolated hosts, which may run nothing else. */
export const isolatedHostsFilter = (rules: IsolationRules): Filter => ({
  name: 'IsolatedHostsFilter',
  objection({ host }, { image }) {
    const isHost = rules.isolated_hosts.includes(host)
    const isImage = image !== undefined && rules.isolated_images.includes(image.id)
    if (isImage && !isHost) return { kind: 'isolated', says: 'the image runs on isolated hosts alone' }
    if (isHost && !isImage && rules.restrict_isolated_hosts_to_isolated_images)
      return { kind: 'isolated', says: 'it is kept for isolated images' }
    return undefined
  },
})
