/** A pair of keys by which tools written for Amazon's clouds sign requests for a user on a project. */
export interface Ec2Credential {
  readonly access: string
  readonly secret: string
  readonly userId: string
  readonly projectId: string
  readonly trustId: string | null
}

/** A request that somebody signed, as the service that got it hands it over. */
export interface SignedRequest {
  readonly access: string
  readonly signature: string
  /** S3: the text that was signed, in base64. */
  readonly token?: string | undefined
  readonly verb?: string | undefined
  readonly host?: string | undefined
  readonly path?: string | undefined
  readonly params?: Readonly<Record<string, unknown>> | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** SHA-256 of the request's body, hexadecimal. */
  readonly bodyHash?: string | undefined
}

/** Whom a signature speaks for. Where the key is bound to a delegation, the token must be too. */
export interface Signer {
  readonly userId: string
  readonly projectId: string
  readonly trustId: string | undefined
  readonly applicationCredentialId: string | undefined
  readonly accessTokenId: string | undefined
}
