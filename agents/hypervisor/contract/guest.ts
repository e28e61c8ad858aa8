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
  readonly image: GuestImage
  /** In the order the guest shall see them: the first is its eth0. */
  readonly nics: readonly GuestNic[]
  /** Volumes attached before it boots. */
  readonly volumes?: readonly GuestVolume[] | undefined
  /** Text of a configuration drive's files by path (`openstack/latest/meta_data.json`); absent: no drive. */
  readonly configDrive?: Readonly<Record<string, string>> | undefined
  readonly origin: GuestOrigin
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

/** Where a host gets an image from: a file it can open, or a URL with the headers that open it. */
export type ImageSource =
  | { readonly from: 'file'; readonly path: string }
  | { readonly from: 'http'; readonly url: string; readonly headers?: Readonly<Record<string, string>> | undefined }

export interface GuestNic {
  readonly portId: string
  /** `fa:16:3e:..`, lower case. */
  readonly macAddress: string
  /** The host's end of the cable: `tap` and the first eleven characters of the port's id. */
  readonly tap: string
  /** The bridge it is plugged into: `brq` and the first eleven characters of the network's id. */
  readonly bridge: string
  readonly mtu?: number | undefined
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
}

/** The name of the `n`th guest of a cloud: `instance-0000000a`. */
export const guestName = (n: number): string => `instance-${n.toString(16).padStart(8, '0')}`

/** Whether a name on a host is one of ours. A domain of any other name belongs to somebody else. */
export const isGuestName = (name: string): boolean => /^instance-[0-9a-f]{8,}$/.test(name)

export const tapOf = (portId: string): string => `tap${portId.slice(0, 11)}`
export const bridgeOf = (networkId: string): string => `brq${networkId.slice(0, 11)}`
