import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields } from '@kilonova/platform/log/log.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Rooms } from './rooms.ts'

/** Writes the hop of an act on a guest, so that a request's trace reaches down to the machine, and why it failed when the machine is to blame. */
export async function told<R>(
  { clock, log }: Rooms,
  cause: Cause,
  uuid: string,
  act: () => Promise<R>,
  words: (result: R) => string,
): Promise<R> {
  const began = clock.monotonic()
  const fields = () => ({
    hop: 'hypervisor',
    ...causeFields(cause),
    instance_id: uuid,
    ms: Math.round(clock.monotonic() - began),
  })
  try {
    const result = await act()
    log.info(words(result), fields())
    return result
  } catch (error) {
    // What has a cause is the machine's doing, and its operator wants to know; the rest is between the caller and the guest.
    if (error instanceof Refusal && error.cause !== undefined) log.error(error.message, { ...fields(), error: error.cause })
    throw error
  }
}
