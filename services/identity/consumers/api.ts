import { optional } from '@kilonova/platform/http/fields.ts'
import { nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, listView, view } from '../versions.ts'
import { mustKeepId } from '../wishes/wish.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerLogic, Wish } from './logic.ts'

const fields = { id: optional(nullable(text())), description: optional(nullable(text())) }
const createBody = body('consumer', fields, { extra: 'keep' })
const updateBody = body('consumer', fields, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<Consumer>()
// biome-ignore format: a table of fields
const consumerFields = {
  id:          shown(text(), consumer => consumer.id),
  description: shown(nullable(text()), consumer => consumer.description),
  links:       shown(object({ self: text() }), (consumer, { base }) => ({ self: `${base}/v3/OS-OAUTH1/consumers/${consumer.id}` })),
}
const consumerView = view('consumer', consumerFields, consumer => consumer.extra)
const freshView = view('consumer', { ...consumerFields, secret: shown(text(), consumer => consumer.secret) }, consumer => consumer.extra)

// biome-ignore format: a table per route
export const consumerApi = (consumers: ConsumerLogic) => [
  endpoint('GET /v3/OS-OAUTH1/consumers', {
    summary: 'List the programs that may act by OAuth',
    policy:  'identity:list_consumers',
    status:  200,
    view:    listView('consumers', consumerView),
    run:     async () => ({ items: await consumers.list() }),
  }),

  endpoint('POST /v3/OS-OAUTH1/consumers', {
    summary: 'Create a consumer; its secret is shown this once',
    policy:  'identity:create_consumer',
    body:    createBody,
    status:  201,
    view:    freshView,
    run:     ({ body, cause }) => consumers.create(wishOf(body), cause),
  }),

  endpoint('GET /v3/OS-OAUTH1/consumers/{consumer_id}', {
    summary: 'Show a consumer',
    policy:  'identity:get_consumer',
    status:  200,
    view:    consumerView,
    run:     ({ params }) => consumers.get(params.consumer_id),
  }),

  endpoint('PATCH /v3/OS-OAUTH1/consumers/{consumer_id}', {
    summary: 'Change a consumer, but not its secret',
    policy:  'identity:update_consumer',
    body:    updateBody,
    status:  200,
    view:    consumerView,
    run({ params, body, cause }) {
      if ('secret' in body || Object.keys(body).length === 0)
        throw new Refusal('invalid', 'Invalid input for field/attribute consumer: a change names at least one attribute, and never the secret.')
      mustKeepId(params.consumer_id, body.id)
      return consumers.update(params.consumer_id, wishOf(body), cause)
    },
  }),

  endpoint('DELETE /v3/OS-OAUTH1/consumers/{consumer_id}', {
    summary: 'Delete a consumer and every token given to it',
    policy:  'identity:delete_consumer',
    status:  204,
    run:     ({ params, cause }) => consumers.delete(params.consumer_id, cause),
  }),
]

const wishOf = (wished: Wished): Wish => {
  const { secret: _, ...extra } = updateBody.undeclared(wished)
  return { description: wished.description, extra }
}
