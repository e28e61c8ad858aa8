import type { Cause } from '@kilonova/platform/cause.ts'
import { causeFields } from '@kilonova/platform/log/log.ts'
import type { Rooms } from './rooms.ts'

/** Writes the hop of an act on a guest, so that a request's trace reaches down to the machine. */
export async function told<R>(
  { clock, log }: Rooms,
  cause: Cause,
  uuid: string,
  act: () => Promise<R>,
  words: (result: R) => string,
): Promise<R> {
  const began = clock.monotonic()
  const result = await act()
  log.info(words(result), {
    hop: 'hypervisor',
    ...causeFields(cause),
    instance_id: uuid,
    ms: Math.round(clock.monotonic() - began),
  })
  return result
}
