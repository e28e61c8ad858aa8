/** Runs the work for each, a few at the same time: programs that are started wait for the kernel as much as they compute. */
export async function fewAtOnce<T>(things: readonly T[], work: (thing: T) => Promise<void>, most = 4): Promise<void> {
  const waiting = things.values()
  const worker = async () => {
    for (const thing of waiting) await work(thing)
  }
  await Promise.all(Array.from({ length: Math.min(most, things.length) }, worker))
}
