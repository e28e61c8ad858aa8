import { boolean, duration, integer, list } from '@kilonova/platform/config/kinds.ts'
import { options, type Values } from '@kilonova/platform/config/options.ts'
import type { DoorWish } from '@kilonova/platform/http/door-wish.ts'

/** What is said once for the doors of all services; names and defaults are oslo.middleware's. */
export const doorOptions = options({
  cors: {
    allowed_origin: list({
      about: 'which pages may call the services from a browser: https://console.example.org, or *; none unless told',
    }),
    allow_credentials: boolean({ default: true, about: 'whether such pages may send what identifies their user' }),
    expose_headers: list({ default: [], about: 'headers such pages may read, besides those every service answers with' }),
    allow_methods: list({ about: 'what such pages may do; everything unless told' }),
    allow_headers: list({ about: 'headers such pages may send; whatever they ask for unless told' }),
    max_age: duration({ default: 3_600_000, about: 'how long a browser remembers this' }),
  },
  oslo_middleware: {
    enable_proxy_headers_parsing: boolean({ default: false, about: 'believe X-Forwarded-*: only behind a proxy that sets them' }),
    max_request_body_size: integer({ min: 1024, about: 'bytes of a body that is no file; each service has its own limit unless told' }),
  },
})

export function doorWish({ cors, oslo_middleware: middleware }: Values<typeof doorOptions>): DoorWish {
  return {
    trustProxy: middleware.enable_proxy_headers_parsing,
    ...(middleware.max_request_body_size === undefined ? {} : { bodyLimit: middleware.max_request_body_size }),
    ...(cors.allowed_origin === undefined || cors.allowed_origin.length === 0
      ? {}
      : {
          cors: {
            allowedOrigins: cors.allowed_origin,
            allowCredentials: cors.allow_credentials,
            exposeHeaders: cors.expose_headers,
            maxAgeS: cors.max_age / 1000,
            ...(cors.allow_methods === undefined ? {} : { allowMethods: ['OPTIONS', ...cors.allow_methods] }),
            ...(cors.allow_headers === undefined ? {} : { allowHeaders: cors.allow_headers }),
          },
        }),
  }
}
