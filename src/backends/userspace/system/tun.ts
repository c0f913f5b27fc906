/**
 * The TUN device, opened so that one read brings up to 64 KB of a TCP stream: with virtio headers and segmentation offload, where
 * the kernel has them.
 */
import { hostRefused } from './host-error.js';
import { open, tun, vnet } from './linux.js';
import { allocate } from './memory.js';
import type { Native } from './native.js';

export interface TunDevice {
  readonly name: string;
  readonly descriptor: number;
  /** What the kernel leaves to whoever reads. */
  readonly offloads: TunOffloads;
  close(): void;
}

export interface TunOffloads {
  readonly checksums: boolean;
  /** TCP segmentation, both IP versions. */
  readonly tso: boolean;
  /** UDP segmentation, both IP versions; from Linux 6.2 on. */
  readonly uso: boolean;
}

const devicePath = '/dev/net/tun';
/** struct ifreq: a name of 16 octets, then a union of 24. */
const ifreqLength = 40;
const nameMax = 15;

/** Makes the device; it goes when the descriptor is closed, however the process ends. `wanted` limits the offloads. */
export function openTun(
  native: Native,
  name: string,
  wanted: TunOffloads = { checksums: true, tso: true, uso: true },
): TunDevice {
  const { libc } = native;
  if (!/^[A-Za-z0-9_.-]+$/.test(name) || name.length > nameMax) throw new RangeError(`'${name}' names no interface`);
  const descriptor = libc.open(devicePath, open.RDWR | open.NONBLOCK | open.CLOEXEC);
  if (descriptor < 0) {
    throw hostRefused(native, `open ${devicePath}`, {
      ENOENT: ['Load the module: modprobe tun. In a container, pass the device in.'],
      ENXIO: ['Load the module: modprobe tun.'],
    });
  }
  try {
    const request = allocate(native, ifreqLength);
    request.octets.set(new TextEncoder().encode(name));
    request.view.setUint16(16, tun.IFF_TUN | tun.IFF_NO_PI | tun.IFF_VNET_HDR, true);
    if (libc.ioctl(descriptor, tun.TUNSETIFF, request.address) < 0) {
      throw hostRefused(native, `make the device ${name}`, {
        EBUSY: [`Another process has ${name}: stop it, or choose another name.`],
        EINVAL: [`An interface ${name} exists that is no TUN device of this kind: choose another name.`],
      });
    }
    const size = allocate(native, 4);
    size.view.setInt32(0, vnet.length, true);
    if (libc.ioctl(descriptor, tun.TUNSETVNETHDRSZ, size.address) < 0) throw hostRefused(native, `set up ${name}`);
    return {
      name,
      descriptor,
      offloads: negotiateOffloads(native, descriptor, wanted),
      close: () => void libc.close(descriptor),
    };
  } catch (error) {
    libc.close(descriptor);
    throw error;
  }
}

/** Asks for less and less until the kernel agrees. */
function negotiateOffloads({ libc }: Native, descriptor: number, wanted: TunOffloads): TunOffloads {
  const steps: readonly TunOffloads[] = [
    { checksums: true, tso: true, uso: true },
    { checksums: true, tso: true, uso: false },
    { checksums: true, tso: false, uso: false },
  ];
  for (const step of steps) {
    const offloads: TunOffloads = {
      checksums: step.checksums && wanted.checksums,
      // Segmentation without checksums does not exist.
      tso: step.tso && wanted.tso && wanted.checksums,
      uso: step.uso && wanted.uso && wanted.checksums,
    };
    const flags =
      (offloads.checksums ? tun.F_CSUM : 0) |
      (offloads.tso ? tun.F_TSO4 | tun.F_TSO6 : 0) |
      (offloads.uso ? tun.F_USO4 | tun.F_USO6 : 0);
    if (libc.ioctl(descriptor, tun.TUNSETOFFLOAD, flags) === 0) return offloads;
  }
  return { checksums: false, tso: false, uso: false };
}
