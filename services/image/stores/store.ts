/** A place where images' data is kept: a directory, another server. */
export interface Store {
  readonly id: string
  readonly type: 'file' | 'http'
  readonly description: string
  readonly isDefault: boolean
  readonly isReadOnly: boolean
  /** What an administrator may know of it. */
  readonly properties: Readonly<Record<string, unknown>>
}

/** What any kind of store does. */
export interface StoreDriver {
  /** Whether this URL names data that this store could hold. */
  knows(url: string): boolean
  /** Begins to take data. Nothing of it is seen before `finish`, and `abandon` leaves nothing, whatever happened. */
  receive(imageId: string): Promise<Receiving>
  size(url: string): Promise<number | undefined>
  /** Refuses `not-found` when the data is not there. */
  read(url: string, range?: Span): Promise<Bytes>
  /** Safe to repeat; data that is not there is no fault. */
  remove(url: string): Promise<void>
  /** Forgets what was being received for an image when a process died. */
  sweep(imageId: string): Promise<void>
  /** Forgets all such leftovers that nobody has written to for so long. */
  sweepOlderThan(ms: number): Promise<void>
}

export interface Receiving {
  write(bytes: Uint8Array): Promise<void>
  /** Makes the data last, and gives its URL. */
  finish(): Promise<string>
  abandon(): Promise<void>
}

/** Where data waits between `stage` and `import`. */
export interface StagingArea {
  receive(imageId: string): Promise<Receiving>
  size(imageId: string): Promise<number | undefined>
  read(imageId: string): Promise<Bytes>
  remove(imageId: string): Promise<void>
  sweep(imageId: string): Promise<void>
}

/** Data on its way out. */
export interface Bytes extends AsyncIterable<Uint8Array> {
  destroy(): unknown
}

/** A range of bytes, both ends included. */
export interface Span {
  readonly start: number
  readonly end: number
}
