import { boolean, integer } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

/** What an operator says about the lives of servers; names and defaults are Nova's, but where one machine is a whole cloud. */
export const serverOptions = options({
  DEFAULT: {
    password_length: integer({ default: 12, min: 0, about: 'how long the passwords are that servers are given' }),
    force_config_drive: boolean({ default: false, about: 'every server boots with a configuration drive' }),
    shutdown_timeout: integer({ default: 60, min: 0, about: 'seconds a guest may take to shut itself down' }),
    vif_plugging_timeout: integer({ default: 300, min: 0, about: 'seconds a new server waits until its ports are wired; 0: not at all' }),
    vif_plugging_is_fatal: boolean({ default: true, about: 'a server whose ports are not wired by then is in error' }),
    reclaim_instance_interval: integer({
      default: 0,
      min: 0,
      about: 'seconds for which a deleted server can be brought back; 0: not at all',
    }),
    instance_build_timeout: integer({
      default: 0,
      min: 0,
      about: 'seconds after which a server is in error that does not run; 0: half an hour',
    }),
    rescue_timeout: integer({ default: 0, min: 0, about: 'seconds after which a rescued server is given its own disk again; 0: never' }),
    allow_resize_to_same_host: boolean({ default: true, about: 'a server may get another size on the host it is on' }),
    resize_confirm_window: integer({ default: 0, min: 0, about: 'seconds after which a resize is confirmed by itself; 0: never' }),
    resume_guests_state_on_host_boot: boolean({
      default: false,
      about: 'servers that ran when their host went down are started when it is up again',
    }),
    shelved_offload_time: integer({ default: 0, min: -1, about: 'seconds a shelved server stays on its host; -1: it stays' }),
  },
  api: {
    enable_instance_password: boolean({ default: true, about: 'whether passwords of servers are answered' }),
  },
})
