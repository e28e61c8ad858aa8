import { task } from '@kilonova/platform/tasks/task.ts'
import type { Location } from '../image.ts'

export interface TaskRooms {
  /** Safe to repeat. Data outside of our stores is left where it is. */
  removeData(location: Location): Promise<void>
  removeStaged(imageId: string): Promise<void>
}

interface Asked {
  readonly imageId: string
  readonly locations: readonly Location[]
}

/** Removes data that no image refers to any more: after the commit that said so, and after a crash too. */
export const forgetData = task<Asked, TaskRooms>('image.forgetData').step('remove the data', removeData)

async function removeData({ imageId, locations }: Asked, rooms: TaskRooms): Promise<void> {
  for (const location of locations) await rooms.removeData(location)
  await rooms.removeStaged(imageId)
}
