/** No more than so many acts at once; the others wait, in the order they came. Without a number all go on at once. */
export function atMost(count: number): <T>(act: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = []
  let running = 0
  const turn = (): Promise<void> | undefined => {
    if (count === 0 || running < count) {
      running++
      return undefined
    }
    return new Promise(resolve => void waiting.push(resolve))
  }
  return async act => {
    await turn()
    try {
      return await act()
    } finally {
      // Whoever waits next takes this place over.
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
}
