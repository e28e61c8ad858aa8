/** A program that users may let act for them by OAuth 1. */
export interface Consumer {
  readonly id: string
  readonly description: string | null
  /** Signs its requests; shown once, when it is created. */
  readonly secret: string
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}

/** A request as its signer saw it. */
export interface SignedRequest {
  readonly method: string
  /** Whole: `http://cloud:5000/v3/OS-OAUTH1/request_token?a=b`. */
  readonly url: string
  /** The header: `OAuth oauth_consumer_key="...", ...`. */
  readonly authorization: string
}

/** Reading and checking signatures as RFC 5849 has them. */
export interface Signatures {
  /** The parameters in an Authorization header; none when it is not OAuth's. */
  read(authorization: string): Readonly<Record<string, string>>
  isRight(request: SignedRequest, secrets: { readonly consumer: string; readonly token: string }): boolean
}
