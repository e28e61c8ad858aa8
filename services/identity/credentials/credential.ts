/** A secret kept for a user: an EC2 key pair, a TOTP seed, a certificate. What its blob means is its type's business. */
export interface Credential {
  readonly id: string
  readonly userId: string
  readonly projectId: string | null
  readonly type: string
  /** As the client wrote it. Sealed wherever it lies. */
  readonly blob: string
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}

/** Seals what lies in the database. `open` gives nothing for what no key opens. */
export interface Cipher {
  seal(plain: string): { readonly sealed: string; readonly keyHash: string }
  open(sealed: string): string | undefined
  /** Whether it is sealed with the key that seals now. */
  isCurrent(sealed: string): boolean
}

/** The same for a single text in a column of its own: secrets of OAuth 1, passwords in a domain's configuration. */
export interface Seal {
  seal(plain: string): string
  open(sealed: string): string
  /** Whether it is sealed with the key that seals now. */
  isCurrent(sealed: string): boolean
}

export const isEc2 = (type: string): boolean => type.toLowerCase() === 'ec2'
