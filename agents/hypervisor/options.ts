import { boolean, duration, integer, list, oneOf, path, text } from '@kilonova/platform/config/kinds.ts'
import { options } from '@kilonova/platform/config/options.ts'

const fileSystems = ['ext2', 'ext3', 'ext4', 'xfs', 'vfat'] as const

/** What an operator may say about a host that runs guests. Names, defaults and meanings are Nova's, but for `[fake]`. */
export const hypervisorOptions = options({
  DEFAULT: {
    compute_driver: text({
      default: 'libvirt.LibvirtDriver',
      about: 'what runs guests: libvirt.LibvirtDriver, fake.FakeDriver (nobody, who only says so), or plugin.NAME of a plug-in',
    }),
    instances_path: path({ default: '/var/lib/nova/instances', about: 'where the files of guests are' }),
    config_drive_format: oneOf(['iso9660', 'vfat'], { default: 'iso9660', about: 'what configuration drives are' }),
    default_ephemeral_format: oneOf(fileSystems, { about: 'how ephemeral disks are formatted; by the guest’s system unless told' }),
    max_concurrent_builds: integer({ default: 10, min: 0, about: 'how many guests may start at the same time; 0: any number' }),
    compute_monitors: list({ default: [], about: 'what a host measures for the scheduler: cpu.virt_driver' }),
    pointer_model: oneOf(['usbtablet', 'ps2mouse'], { default: 'usbtablet', about: 'the pointing device of guests with a screen' }),
  },
  libvirt: {
    connection_uri: text({ default: 'qemu:///system', about: 'which of libvirt’s hypervisors' }),
    cpu_mode: oneOf(['host-model', 'host-passthrough', 'custom', 'none'], {
      about: 'which processor guests see; host-model where the processor helps to run them, else QEMU’s own',
    }),
    cpu_models: list({ default: [], formerly: ['cpu_model'], about: 'for cpu_mode = custom: the first is taken' }),
    cpu_model_extra_flags: list({ default: [], about: 'what the processor shall have besides: pcid, +ssbd, -mtrr' }),
    hw_machine_type: list({ default: [], about: 'the machine of guests whose image names none, by architecture: x86_64=q35' }),
    disk_cachemodes: list({ default: [], about: 'how disks are cached, by the kind of their source: file=writeback, block=none' }),
    hw_disk_discard: oneOf(['unmap', 'ignore'], { default: 'unmap', about: 'whether what a guest gives up on its disk is given up here' }),
    rng_dev_path: path({ default: '/dev/urandom', about: 'where guests’ chance comes from' }),
    mem_stats_period_seconds: integer({ default: 10, min: 0, about: 'how often guests tell of their memory; 0: never' }),
    num_pcie_ports: integer({ default: 0, min: 0, max: 28, about: 'slots for devices plugged in later, of guests on q35' }),
    sysinfo_serial: oneOf(['none', 'os', 'hardware', 'unique', 'auto'], { default: 'unique', about: 'the serial number guests read' }),
  },
  vnc: {
    enabled: boolean({ default: true, formerly: ['DEFAULT.vnc_enabled'], about: 'whether guests have a screen' }),
    server_listen: text({ default: '127.0.0.1', formerly: ['vncserver_listen'], about: 'where screens are served; for the proxy alone' }),
    server_proxyclient_address: text({
      default: '127.0.0.1',
      formerly: ['vncserver_proxyclient_address'],
      about: 'where the proxy reaches them',
    }),
  },
  serial_console: {
    enabled: boolean({ default: false, about: 'whether serial lines are served' }),
    port_range: text({ default: '10000:20000', about: 'at which ports' }),
    proxyclient_address: text({ default: '127.0.0.1', about: 'at which address' }),
  },
  compute: {
    cpu_dedicated_set: text({ about: 'processors for guests that want some for themselves: 2-15,^8' }),
    cpu_shared_set: text({ about: 'processors for everything else' }),
    shutdown_retry_interval: duration({
      default: 10_000,
      minMs: 1_000,
      about: 'how often a guest that is to shut itself down is asked again',
    }),
  },
  image_cache: {
    manager_interval: duration({ default: 2_400_000, about: 'how often the host looks for what nobody needs any more' }),
    remove_unused_base_images: boolean({ default: true, about: 'whether bases that no guest uses go' }),
    remove_unused_original_minimum_age_seconds: duration({ default: 86_400_000, about: 'after how long unused' }),
  },
  fake: {
    hosts: integer({ default: 1, min: 1, max: 20_000, about: 'how many hosts a fake driver pretends in one process' }),
    vcpus: integer({ min: 1, about: 'what each has; 1000 unless the driver’s name says otherwise' }),
    memory_mb: integer({ min: 1, about: 'likewise; 800000 unless told' }),
    disk_gb: integer({ min: 1, about: 'likewise; 600000 unless told' }),
  },
})
