import { placeWishOf, refuseContradictions } from '@kilonova/hypervisor/contract/contradictions.ts'
import type { Sized } from '@kilonova/hypervisor/contract/cpu-wishes.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { BootImage } from '../../clients/images.ts'
import type { Flavor } from '../../flavors/flavor.ts'

const gib = 2 ** 30

/** Refuses an image that the flavor has no room for. A disk of 0 takes the image's own size. */
export function mustSuit({ memoryMb, diskGb }: Pick<Flavor, 'memoryMb' | 'diskGb'>, image: BootImage): void {
  const { minRamMb = 0, minDiskGb = 0, sizeBytes = 0 } = image
  if (memoryMb < minRamMb) throw new Refusal('invalid', "Flavor's memory is too small for requested image.")
  if (diskGb === 0) return
  const disk = diskGb * gib
  if (sizeBytes > disk)
    throw new Refusal(
      'invalid',
      `Flavor's disk is too small for requested image. Flavor disk is ${disk} bytes, image is ${sizeBytes} bytes.`,
    )
  if (minDiskGb > diskGb)
    throw new Refusal(
      'invalid',
      `Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is ${disk} bytes, minimum size is ${minDiskGb * gib} bytes.`,
    )
}

/** Refuses a flavor and an image whose wishes of the machine contradict each other, or themselves. */
export function mustAgree(flavor: Flavor, image: Pick<BootImage, 'id' | 'properties'>): void {
  refuseContradictions(sizedBy(flavor, image.properties), { flavor: flavor.name, image: image.id })
}

const sizedBy = ({ vcpus, memoryMb, extraSpecs }: Flavor, imageProperties: BootImage['properties']): Sized => ({
  ...{ vcpus, memoryMb, extraSpecs, imageProperties },
})

/** The same server from another image lies on the same processors and the same memory: what places it there may not change. */
export function mustLieAsBefore(flavor: Flavor, before: BootImage['properties'], after: BootImage['properties']): void {
  const placing = (properties: BootImage['properties']) => JSON.stringify(placeWishOf(sizedBy(flavor, properties)))
  if (placing(before) !== placing(after))
    throw new Refusal(
      'invalid',
      "An instance's NUMA topology cannot be changed as part of a rebuild. The image provided is invalid for this instance.",
    )
}

/** What a server remembers of its image, so that it is the same machine also when the image is gone. */
export function rememberedOf(image: BootImage): Readonly<Record<string, string>> {
  const { properties = {}, minDiskGb = 0, minRamMb = 0, diskFormat, containerFormat } = image
  const facts = {
    ...properties,
    base_image_ref: image.id,
    min_disk: String(minDiskGb),
    min_ram: String(minRamMb),
    disk_format: diskFormat ?? image.format,
    container_format: containerFormat ?? 'bare',
  }
  return Object.fromEntries(Object.entries(facts).map(([name, value]) => [`image_${name}`.slice(0, 255), value.slice(0, 255)]))
}

/** A server's system metadata without what it remembers of an image. */
export const withoutImage = (systemMetadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(systemMetadata).filter(([name]) => !name.startsWith('image_')))

/** The first disk's name in the guest. */
export function rootDeviceOf({ properties = {} }: Pick<BootImage, 'properties'>): string {
  const said = properties['root_device_name']
  if (said !== undefined) return said.startsWith('/dev/') ? said : `/dev/${said}`
  const bus = properties['hw_disk_bus'] ?? 'virtio'
  return { ide: '/dev/hda', fdc: '/dev/fda', scsi: '/dev/sda', sata: '/dev/sda', usb: '/dev/sda', xen: '/dev/xvda' }[bus] ?? '/dev/vda'
}

const truths = ['1', 't', 'true', 'on', 'y', 'yes']
/** Whether the disk is grown inside by the host; the image's word, unless the request has one. */
export function diskConfigOf({ id, properties = {} }: BootImage, asked: 'AUTO' | 'MANUAL' | undefined): 'AUTO' | 'MANUAL' {
  const said = properties['auto_disk_config']?.trim().toLowerCase()
  if (said === 'disabled' && asked === 'AUTO') throw new Refusal('invalid', `Requested image ${id} has automatic disk resize disabled.`)
  return asked ?? (said !== undefined && truths.includes(said) ? 'AUTO' : 'MANUAL')
}
