/**
 * A guest, by value: everything a hypervisor must know to run one, so that no agent ever asks back. The compute service fills it from
 * the server, its flavor, its image and its bound ports; the agent keeps no copy but the files and the domain it makes from it.
 */
export interface Guest {
  /** The server's id. */
  readonly uuid: string
  /** What the hypervisor calls it: `instance-` and eight hexadecimal digits. Nothing else on the host is ever touched. */
  readonly name: string
  /** What its owner calls it. Any text. */
  readonly displayName: string
  readonly memoryMb: number
  readonly vcpus: number
  /** Size of the root disk; 0 means the image's own size. */
  readonly diskGb: number
  /** What its root disk is made from. Absent: its root is the volume with `bootIndex` 0. */
  readonly image?: GuestImage | undefined
  /** Present: its image has no boot loader, and the hypervisor starts this kernel itself (the image's `kernel_id` and `ramdisk_id`). */
  readonly kernel?: { readonly image: GuestImage; readonly ramdisk?: GuestImage | undefined } | undefined
  /** Present while it is being rescued: it starts from a fresh disk of this image, and its own root is the second disk. */
  readonly rescueImage?: GuestImage | undefined
  /** Empty disks beside the root, made with it and gone with it, in the order the guest sees them. */
  readonly ephemerals?: readonly GuestEphemeral[] | undefined
  /** Size of its swap disk; absent or 0: none. */
  readonly swapMb?: number | undefined
  /** What the image says about the machine it wants: `hw_disk_bus`, `hw_vif_model`, `os_type`, ... Words that no machine knows are passed over. */
  readonly imageProperties?: Readonly<Record<string, string>> | undefined
  /** What the flavor says about it: `hw:cpu_policy`, `quota:disk_read_iops_sec`, `hw_rng:allowed`, ... Likewise. */
  readonly extraSpecs?: Readonly<Record<string, string>> | undefined
  /** In the order the guest shall see them: the first is its eth0. */
  readonly nics: readonly GuestNic[]
  /** Volumes attached before it boots. */
  readonly volumes?: readonly GuestVolume[] | undefined
  /**
   * A configuration drive's files by path (`openstack/latest/meta_data.json`), as text or as bytes. The drive is written at the first start, at a
   * rescue, and when it is not there; absent: what was written before stays, and a guest that never had one has none.
   */
  readonly configDrive?: Readonly<Record<string, string | GuestBytes>> | undefined
  readonly origin: GuestOrigin
}

/** What is not text: user data that was compressed, files of the owner. */
export interface GuestBytes {
  readonly base64: string
}

export interface GuestImage {
  /** The image's id; its digest names the shared base file on the host. */
  readonly id: string
  readonly format: 'raw' | 'qcow2'
  readonly source: ImageSource
  /** Bytes and digest of what the source gives; checked when given. */
  readonly sizeBytes?: number | undefined
  readonly sha512?: string | undefined
}

/** Where a host gets an image from: a file, or whence a host that has no such file fetches it, or a URL alone. */
export type ImageSource =
  | { readonly from: 'file'; readonly path: string; readonly elsewhere?: ImageAddress | undefined }
  | ({ readonly from: 'http' } & ImageAddress)

/** A URL with the headers that open it. */
export interface ImageAddress {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface GuestEphemeral {
  readonly sizeGb: number
  /** What it is formatted with; the host's `default_ephemeral_format`, or ext4, unless told. */
  readonly format?: 'ext2' | 'ext3' | 'ext4' | 'xfs' | 'vfat' | undefined
}

export interface GuestNic {
  readonly portId: string
  /** `fa:16:3e:..`, lower case. */
  readonly macAddress: string
  /** The host's end of the cable: `tap` and the first eleven characters of the port's id. */
  readonly tap: string
  /** The bridge it is plugged into: `brq` and the first eleven characters of the network's id. */
  readonly bridge: string
  readonly mtu?: number | undefined
  /** The port's own `vnic_type`; only `normal` can be plugged into a bridge. */
  readonly vnicType?: string | undefined
  /** For the metadata element alone. */
  readonly fixedIps?: readonly { readonly address: string; readonly version: 4 | 6 }[] | undefined
}

export interface GuestVolume {
  readonly volumeId: string
  /** A file or block device this host can open. */
  readonly path: string
  readonly format: 'raw' | 'qcow2'
  /** `vdb`, `vdc`, ... */
  readonly device: string
  /** 0: the guest starts from it. */
  readonly bootIndex?: number | undefined
  /** What it is plugged into, when the image's word is not the last. */
  readonly bus?: 'virtio' | 'scsi' | 'sata' | 'ide' | 'usb' | undefined
  readonly isReadOnly?: boolean | undefined
  /** Others have it too. */
  readonly isShared?: boolean | undefined
}

/** Whose it is and what it was made from. The hypervisor writes it beside the guest for people to read; nothing depends on it. */
export interface GuestOrigin {
  /** ISO time, UTC. */
  readonly createdAt: string
  readonly flavor: { readonly name: string; readonly swapMb: number; readonly ephemeralGb: number }
  readonly user: { readonly id: string; readonly name: string }
  readonly project: { readonly id: string; readonly name: string }
}

/** The power states of Nova, in words; `states.ts` of the compute service knows their numbers. */
export type PowerState = 'nostate' | 'running' | 'paused' | 'shutdown' | 'crashed' | 'suspended'

export interface GuestState {
  readonly uuid: string
  readonly name: string
  readonly power: PowerState
  /** Where its screen is served on the host, while it runs. */
  readonly vnc?: { readonly host: string; readonly port: number } | undefined
  /** Where its serial line is served, while it runs and `[serial_console] enabled` says so. */
  readonly serial?: { readonly host: string; readonly port: number } | undefined
}

/** The name of the `n`th guest of a cloud: `instance-0000000a`. */
export const guestName = (n: number): string => `instance-${n.toString(16).padStart(8, '0')}`

/** Whether a name on a host is one of ours. A domain of any other name belongs to somebody else. */
export const isGuestName = (name: string): boolean => /^instance-[0-9a-f]{8,}$/.test(name)

export const tapOf = (portId: string): string => `tap${portId.slice(0, 11)}`
export const bridgeOf = (networkId: string): string => `brq${networkId.slice(0, 11)}`
