import type { GuestChange } from '../driver.ts'

type Follower = (changed: GuestChange | undefined) => void

export interface FakeEvents {
  tell(changed: GuestChange | undefined): void
  follow(run: Follower): { stop(): void }
}

export function fakeEvents(): FakeEvents {
  const followers = new Set<Follower>()
  return {
    tell: changed => {
      for (const run of followers) run(changed)
    },
    follow: run => {
      followers.add(run)
      return { stop: () => void followers.delete(run) }
    },
  }
}
