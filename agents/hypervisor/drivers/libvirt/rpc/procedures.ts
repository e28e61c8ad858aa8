/** The numbers of libvirt's remote protocol that we call. They are part of its supported interface and never change. */
export const procedures = {
  connectOpen: 1,
  connectClose: 2,
  connectGetVersion: 4,
  connectGetCapabilities: 7,
  domainCreate: 9,
  domainDefineXml: 11,
  domainDestroy: 12,
  domainGetXml: 14,
  domainGetInfo: 16,
  domainLookupByName: 23,
  domainLookupByUuid: 24,
  domainReboot: 27,
  domainResume: 28,
  domainShutdown: 33,
  domainSuspend: 34,
  connectSupportsFeature: 60,
  authList: 66,
  domainUndefineFlags: 231,
  connectListAllDomains: 273,
  eventRegister: 316,
  eventDeregister: 317,
  eventLifecycle: 318,
  connectGetAllDomainStats: 344,
} as const

export const keepaliveProcedures = { ping: 1, pong: 2 } as const

/** libvirt's error codes that mean something to us. */
export const errorCodes = { noDomain: 42, operationInvalid: 55, domainExists: 76 } as const
