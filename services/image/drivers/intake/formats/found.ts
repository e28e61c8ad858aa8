/** What data turned out to be. */
export interface Found {
  readonly format: Format
  /** What a guest would see as the size of its disk; nothing where the data does not say. */
  readonly virtualSizeBytes: number | null
  /** Why it must not be taken, whatever it was declared to be. */
  readonly dangers: readonly string[]
  /** Of a VMDK. */
  readonly createType?: string | undefined
}

export type Format = 'qcow2' | 'qcow' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'qed' | 'luks' | 'iso' | 'partitioned' | 'unknown'
