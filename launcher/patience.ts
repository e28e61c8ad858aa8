/** Of its deadline, what a process that works at its start uses at least; one that only waits for something stays far below. */
const shareAtWork = 1 / 50

/** However busy it is: so many deadlines. */
const mostDeadlines = 15

/**
 * How long a start is waited for: `deadlineMs`, and once more from whenever the process has used the processor for a good while since, because a large
 * cloud on a crowded machine takes its time, and one that hangs uses none.
 */
export function patienceWith(deadlineMs: number, began: number, cpuMs: () => number) {
  let [since, used] = [began, cpuMs()]
  return {
    lasts(now: number, isBusy: boolean): boolean {
      if (now < since + deadlineMs) return true
      const usedNow = cpuMs()
      if (!isBusy || usedNow - used < deadlineMs * shareAtWork || now >= began + deadlineMs * mostDeadlines) return false
      since = now
      used = usedNow
      return true
    },
  }
}
