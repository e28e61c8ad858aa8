/** As long as Nova has room for. */
export const mostBytes = 1020
