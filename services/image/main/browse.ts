import { Refusal } from '@kilonova/platform/refusal.ts'
import type { BrowsedImage, ImageBrowser } from '../contract/browse.ts'
import { type Image, idForm, type ListWish } from '../images/image.ts'
import type { Logics } from '../routes.ts'

/** How the services of this process look through images for their callers. */
export const imageBrowser = ({ images, viewerOf }: Pick<Logics, 'images' | 'viewerOf'>): ImageBrowser => {
  const find = async (id: string, viewer: ListWish['viewer']) =>
    idForm.test(id) ? (await images.look(id.toLowerCase(), viewer))?.image : undefined
  return {
    async list({ name, status, minRamMb, minDiskGb, changedSince, properties, limit, marker }, caller) {
      const viewer = viewerOf(caller)
      if (marker !== undefined && !(await find(marker, viewer))) throw new Refusal('invalid', `marker [${marker}] not found`)
      const least = (field: 'min_ram' | 'min_disk', than: number | undefined) =>
        than === undefined ? [] : [{ field, is: '>=', than } as const]
      const found = await images.list({
        ...{ viewer, memberStatus: 'accepted', visibility: undefined, isHidden: false, isProtected: undefined, owner: undefined, tags: [] },
        oneOf: { ...(name === undefined ? {} : { name: [name] }), ...(status === undefined ? {} : { status: [status] }) },
        numbers: [...least('min_ram', minRamMb), ...least('min_disk', minDiskGb)],
        times: changedSince === undefined ? [] : [{ field: 'updated_at', is: '>=', than: changedSince }],
        ...{ properties, after: marker, limit },
        sort: [
          { field: 'created_at', way: 'desc' },
          { field: 'id', way: 'desc' },
        ],
      })
      return found.map(browsed)
    },

    async get(id, caller) {
      const found = await find(id, viewerOf(caller))
      return found && browsed(found)
    },

    async describe(id, properties, caller, cause) {
      const viewer = viewerOf(caller)
      const known = (await images.get(id, viewer)).properties
      const change = (act: 'add' | 'replace' | 'remove', name: string) => ({
        act,
        path: [name] as const,
        value: properties[name],
        mustBeNew: false,
      })
      const gone = Object.keys(known).filter(name => !Object.hasOwn(properties, name))
      const told = Object.keys(properties).filter(name => known[name] !== properties[name])
      const changes = [
        ...gone.map(name => change('remove', name)),
        ...told.map(name => change(Object.hasOwn(known, name) ? 'replace' : 'add', name)),
      ]
      return browsed(await images.update(id, changes, viewer, cause))
    },

    delete: (id, caller, cause) => images.delete(id.toLowerCase(), viewerOf(caller), cause),
  }
}

const browsed = ({ id, name, status, minDiskGb, minRamMb, sizeBytes, createdAt, updatedAt, properties }: Image): BrowsedImage => ({
  ...{ id, name, status, minDiskGb, minRamMb, sizeBytes, createdAt, updatedAt, properties },
})
