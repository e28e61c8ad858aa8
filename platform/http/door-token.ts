import type { Door } from './endpoint.ts'

/** The token a request came with, for a neighbour that is asked on behalf of whoever sent it. */
export const tokenOf = ({ headers }: Pick<Door, 'headers'>): string => [headers['x-auth-token']].flat()[0] ?? ''
