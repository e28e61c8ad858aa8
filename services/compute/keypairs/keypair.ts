/** A public key that a user's servers are given. */
export interface Keypair {
  readonly number: number
  readonly userId: string
  readonly name: string
  readonly type: 'ssh' | 'x509'
  readonly publicKey: string
  readonly fingerprint: string
  readonly createdAt: string
}

/** One just made; its private half is shown once and kept nowhere. */
export interface FreshKeypair extends Keypair {
  readonly privateKey?: string | undefined
}
