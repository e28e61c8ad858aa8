/** A client id says who asks; it stands beside the MAC address and not among the options that are answered. */
export const isClientId = (name: string): boolean => name === 'client-id' || name === '61'
