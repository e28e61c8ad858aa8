import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Fault, task, type Turn } from '@kilonova/platform/tasks/task.ts'
import type { Intake, Web } from '../../content/content.ts'
import type { QuotaName } from '../../quotas/quota.ts'
import type { Bytes, StagingArea, StoreDriver } from '../../stores/store.ts'
import type { Before, Declared, Import, ImportedImage, LentTokens, OtherRegions } from '../import.ts'

export interface TaskRooms {
  readonly intake: Intake
  readonly web: Web
  readonly regions: OtherRegions
  readonly lent: LentTokens
  readonly staging: StagingArea
  storeNamed(id: string): StoreDriver | undefined
  storeOf(url: string): StoreDriver | undefined
  readonly maxBytes: number
  image(id: string, cause: Cause): ImportedImage
  readonly quotas: { mustHaveRoom(name: QuotaName, projectId: string | null, more: number): Promise<void> }
  readonly tasks: {
    begin(id: string, cause: Cause): Promise<void>
    report(id: string, message: string, cause: Cause): Promise<void>
    succeed(id: string, result: { readonly image_id: string } | null, cause: Cause): Promise<void>
    fail(id: string, message: string, cause: Cause): Promise<void>
  }
}

/** From where the data is to the stores that were wished for. Each step may be done again: it begins its files anew. */
export const importImage = task<Import, TaskRooms>('image.import')
  .step('see whether there is room', seeRoom)
  .step('learn what the other region says', learn, unlearn)
  .step('bring the data here', bring)
  .step('put it into the stores', store, takeBack)
  .onDone(conclude)
  .onUndone(giveUp)

const mebibyte = 2 ** 20

/** NOTE: as in Glance, a project that has no room for an import hears of it from the import’s task. */
async function seeRoom({ taskId, imageId, method }: Import, { tasks, image, quotas }: TaskRooms, { cause }: Turn): Promise<void> {
  await tasks.begin(taskId, cause)
  const found = await image(imageId, cause).find(imageId)
  if (!found) return
  const { owner, sizeBytes, status } = found
  const sizeMib = Math.floor((sizeBytes ?? 0) / mebibyte)
  if (method === 'glance-direct') return await quotas.mustHaveRoom('image_size_total', owner, sizeMib)
  await quotas.mustHaveRoom('image_stage_total', owner, sizeMib)
  // An image that is being imported counts already; one that is copied is still what it was.
  await quotas.mustHaveRoom('image_count_uploading', owner, status === 'importing' ? 0 : 1)
}

type Learnt = { readonly learnt?: { readonly declared: Declared; readonly sizeBytes: number | null; readonly before: Before } | null }

/** NOTE: as in Glance, an image from another region is what that region says it is, whatever it was declared to be here. */
async function learn({ taskId, imageId, remote }: Import, rooms: TaskRooms, { cause, signal }: Turn): Promise<Required<Learnt>> {
  if (!remote) return { learnt: null }
  const { status, declared, sizeBytes, properties } = await rooms.regions.look(remote, tokenFor(taskId, rooms), signal)
  if (status !== 'active') throw new Refusal('conflict', `Source image status should be active instead of ${status}`)
  if (sizeBytes === undefined) throw new Refusal('conflict', `Size attribute of remote image ${remote.imageId} could not be determined.`)
  return { learnt: { declared, sizeBytes, before: await rooms.image(imageId, cause).adopt({ declared, properties }) } }
}

async function unlearn({ imageId, learnt }: Import & Learnt, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  if (learnt) await rooms.image(imageId, cause).restore(learnt.before)
}

const tokenFor = (taskId: string, { lent }: TaskRooms): string => {
  const text = lent.borrow(taskId)
  if (text === undefined)
    throw new Refusal('conflict', 'The token that the import was asked with is not kept when the service starts again: ask for it anew.')
  return text
}

/** A download is staged whole first: a server that stops sending must not leave half an image in a store. */
async function bring(wish: Import & Learnt, rooms: TaskRooms, { signal }: Turn): Promise<void> {
  const { imageId, method } = wish
  const { staging, intake, maxBytes } = rooms
  if (method === 'glance-direct' && (await staging.size(imageId)) === undefined)
    throw new Refusal('not-found', `The staged data of image ${imageId} is not on this host.`)
  if (method !== 'web-download' && method !== 'glance-download') return
  const { body, sizeBytes } = await download(wish, rooms, signal)
  const into = await staging.receive(imageId)
  try {
    await intake.take({ source: body, into, declared: undefined, expectedBytes: sizeBytes, mostBytes: maxBytes, signal })
    await into.finish()
  } catch (error) {
    await into.abandon()
    throw error
  }
}

async function download({ taskId, uri, remote, learnt }: Import & Learnt, rooms: TaskRooms, signal: AbortSignal) {
  if (!remote) return rooms.web.open(uri ?? '', signal)
  const { body } = await rooms.regions.open(remote, tokenFor(taskId, rooms), signal)
  return { body, sizeBytes: learnt?.sizeBytes ?? undefined }
}

async function store(wish: Import & Learnt, rooms: TaskRooms, turn: Turn): Promise<{ stored: readonly string[] }> {
  const image = rooms.image(wish.imageId, turn.cause)
  const stored: string[] = []
  let failure: unknown
  for (const [at, id] of wish.stores.entries()) {
    const isUsable = !wish.mustAllSucceed || at === wish.stores.length - 1
    try {
      await storeIn(id, { wish, rooms, turn, isUsable })
      stored.push(id)
    } catch (error) {
      if (wish.mustAllSucceed || turn.signal.aborted) throw error
      failure = error
      await image.notImported(id)
    }
  }
  if (stored.length === 0) throw failure ?? new Refusal('conflict', 'None of the uploads finished!')
  return { stored }
}

interface One {
  readonly wish: Import & Learnt
  readonly rooms: TaskRooms
  readonly turn: Turn
  readonly isUsable: boolean
}

async function storeIn(id: string, { wish, rooms, turn: { cause, signal }, isUsable }: One): Promise<void> {
  const driver = rooms.storeNamed(id)
  if (!driver) throw new Refusal('conflict', `There is no store ${id} any more.`)
  const { imageId, taskId } = wish
  const { declared } = wish.learnt ?? wish
  const source = await sourceOf(wish, rooms, cause)
  const into = await driver.receive(imageId)
  try {
    const facts = await rooms.intake.take({ source, into, declared, expectedBytes: undefined, mostBytes: rooms.maxBytes, signal })
    const url = await into.finish()
    if (!(await rooms.image(imageId, cause).imported(facts, { url, store: id, metadata: {} }, isUsable))) {
      await driver.remove(url)
      throw new Refusal('not-found', `Image ${imageId} was deleted during the import.`)
    }
    await rooms.tasks.report(taskId, `Copied ${Math.floor(facts.sizeBytes / 2 ** 20)} MiB`, cause)
  } catch (error) {
    source.destroy()
    await into.abandon()
    throw error
  }
}

async function sourceOf({ imageId, method, stores }: Import, rooms: TaskRooms, cause: Cause): Promise<Bytes> {
  if (method !== 'copy-image') return rooms.staging.read(imageId)
  const image = await rooms.image(imageId, cause).find(imageId)
  const from = image?.locations.find(({ store }) => store === null || !stores.includes(store))
  const driver = from && rooms.storeOf(from.url)
  if (!from || !driver) throw new Refusal('not-found', `Image ${imageId} has no data to copy.`)
  return driver.read(from.url)
}

/** Copies of an image that is not to be: those of `copy-image` too, when all had to succeed. */
async function takeBack({ imageId, stores }: Import, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  const image = await rooms.image(imageId, cause).find(imageId)
  for (const { url, store: id } of image?.locations ?? []) if (id !== null && stores.includes(id)) await rooms.storeNamed(id)?.remove(url)
  for (const id of stores) await rooms.storeNamed(id)?.sweep(imageId)
}

async function conclude({ taskId, imageId, method, isWhole }: Import, rooms: TaskRooms, { cause }: Turn): Promise<void> {
  if (method !== 'copy-image') await rooms.staging.remove(imageId)
  await rooms.image(imageId, cause).endImport({ isDone: true, lost: [] })
  await rooms.tasks.succeed(taskId, isWhole ? { image_id: imageId } : null, cause)
  rooms.lent.giveBack(taskId)
}

async function giveUp(
  { taskId, imageId, method, stores, isWhole }: Import,
  rooms: TaskRooms,
  { cause, fault }: Turn & { fault: Fault },
): Promise<void> {
  if (method !== 'copy-image') {
    await rooms.staging.sweep(imageId)
    await rooms.staging.remove(imageId)
  }
  await rooms.image(imageId, cause).endImport({ isDone: false, lost: stores })
  if (isWhole) await rooms.image(imageId, cause).discard()
  await rooms.tasks.fail(taskId, fault.message, cause)
  rooms.lent.giveBack(taskId)
}
