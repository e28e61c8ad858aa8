import type { Service } from './service.ts'

/** What an operator may say of every service's door alike: `[cors]` and `[oslo_middleware]`. What is left out stays as the service has it. */
export type DoorWish = Partial<Pick<Service, 'cors' | 'trustProxy' | 'bodyLimit'>>
