import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** Which pages of other origins may call a service from a browser: the section `[cors]` of a config file. */
export interface Cors {
  /** `https://console.example.org`, or `*`. */
  readonly allowedOrigins: readonly string[]
  readonly allowCredentials?: boolean
  /** Headers a page may read, besides those that every service answers with. */
  readonly exposeHeaders?: readonly string[]
  readonly allowMethods?: readonly string[]
  /** Headers a page may send; whatever it asks for unless told. */
  readonly allowHeaders?: readonly string[]
  readonly maxAgeS?: number
}

/** What a client of these APIs cannot do without. */
const everydayHeaders = ['X-Subject-Token', 'X-OpenStack-Request-ID', 'OpenStack-API-Version', 'Location', 'ETag', 'Retry-After']

/** Answers preflights and adds what browsers look for. With credentials an origin is named, never `*`. */
export async function allowOrigins(app: FastifyInstance, wish: Cors): Promise<void> {
  const any = wish.allowedOrigins.includes('*')
  await app.register(cors, {
    origin: any ? (wish.allowCredentials ? true : '*') : [...wish.allowedOrigins],
    credentials: wish.allowCredentials ?? true,
    exposedHeaders: [...everydayHeaders, ...(wish.exposeHeaders ?? [])],
    methods: [...(wish.allowMethods ?? ['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH'])],
    ...(wish.allowHeaders ? { allowedHeaders: [...wish.allowHeaders] } : {}),
    maxAge: wish.maxAgeS ?? 3600,
    strictPreflight: false,
  })
}
