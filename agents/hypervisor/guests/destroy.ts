import type { Rooms } from './rooms.ts'

/** Afterwards nothing of it is there. The domain goes first: nobody may write to a disk that is being removed. */
export async function destroyGuest(uuid: string, { driver }: Rooms): Promise<{ destroyed: boolean }> {
  const destroyed = await driver.forget(uuid)
  await driver.removeDisks(uuid)
  return { destroyed }
}
