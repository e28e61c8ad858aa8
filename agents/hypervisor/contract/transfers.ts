/** Where a snapshot goes: into a file of the host, or by HTTP to whoever keeps it (`PUT /v2/images/{id}/file` with a token). */
export type SnapshotTarget =
  | { readonly to: 'file'; readonly path: string }
  | { readonly to: 'http'; readonly url: string; readonly headers?: Readonly<Record<string, string>> | undefined }

export interface SnapshotWish {
  readonly uuid: string
  readonly format: 'qcow2' | 'raw'
  readonly target: SnapshotTarget
  /**
   * Whether its file systems stand still meanwhile, through the guest's agent: `required` refuses where that cannot be, `wanted` goes on
   * without. `no` unless told.
   */
  readonly quiesce?: 'required' | 'wanted' | 'no' | undefined
}

/** What was written. */
export interface Snapshot {
  readonly format: 'qcow2' | 'raw'
  readonly sizeBytes: number
  /** How large the guest sees it. */
  readonly virtualSizeBytes: number
  readonly sha512: string
}

/** Disks that another host may fetch: whoever has the offer may read them, and nobody else. */
export interface DiskOffer {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** The files' names in the guest's directory, and their formats. */
  readonly disks: readonly { readonly name: string; readonly format: 'raw' | 'qcow2'; readonly sizeBytes: number }[]
}
