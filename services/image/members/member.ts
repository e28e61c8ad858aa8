import type { MemberStatus } from '../images/image.ts'

/** A project that an image is shared with, and what it has made of that. */
export interface Member {
  readonly imageId: string
  readonly projectId: string
  readonly status: MemberStatus
  readonly createdAt: string
  readonly updatedAt: string
}
