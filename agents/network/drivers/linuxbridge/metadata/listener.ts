import { createServer } from 'node:net'

/**
 * Opens a socket in the namespace this process was started in, hands it to whoever started it, and ends. A socket stays in the namespace it
 * was made in, so one process can answer in hundreds of namespaces.
 */
process.once('disconnect', () => process.exit(0))
const [, , address, port] = process.argv
const server = createServer()
server.once('error', error => process.send?.({ failed: error.message }, undefined, {}, () => process.exit(1)))
server.listen({ host: address, port: Number(port), backlog: 128 }, () => {
  process.send?.({ listening: true }, server)
})
