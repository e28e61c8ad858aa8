import type { Guest, GuestNic } from '../../../contract/guest.ts'
import { type Element, element } from '../xml.ts'
import type { Machine } from './machine.ts'

const novaNamespace = 'http://openstack.org/xmlns/libvirt/nova/1.1'

/** For people and tools that read a domain: whose it is. Nothing depends on it. */
export function originXml({ displayName, memoryMb, diskGb, vcpus, image, nics, origin }: Guest, { version }: Machine): Element {
  const { flavor, user, project, createdAt } = origin
  return element('nova:instance', { 'xmlns:nova': novaNamespace }, [
    element('nova:package', { version }),
    element('nova:name', {}, [displayName]),
    element('nova:creationTime', {}, [createdAt.replace('T', ' ').replace(/(\.\d+)?Z$/, '')]),
    element('nova:flavor', { name: flavor.name }, [
      element('nova:memory', {}, [`${memoryMb}`]),
      element('nova:disk', {}, [`${diskGb}`]),
      element('nova:swap', {}, [`${flavor.swapMb}`]),
      element('nova:ephemeral', {}, [`${flavor.ephemeralGb}`]),
      element('nova:vcpus', {}, [`${vcpus}`]),
    ]),
    element('nova:owner', {}, [
      element('nova:user', { uuid: user.id }, [user.name]),
      element('nova:project', { uuid: project.id }, [project.name]),
    ]),
    image && element('nova:root', { type: 'image', uuid: image.id }),
    nics.length > 0 && element('nova:ports', {}, nics.map(port)),
  ])
}

const port = ({ portId, fixedIps = [] }: GuestNic): Element =>
  element(
    'nova:port',
    { uuid: portId },
    fixedIps.map(({ address, version }) => element('nova:ip', { type: 'fixed', address, ipVersion: version })),
  )
