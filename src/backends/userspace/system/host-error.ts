/** What the host says when it refuses, as a sentence with a remedy. */
import { EnvironmentError, errno } from '../../../model/tool-error.js';
import type { Native } from './native.js';

const privilege = ['Run as root, or give the program CAP_NET_ADMIN and CAP_NET_RAW.'];

/** Remedies by the name of the error, for whatever was tried. */
const remedies: Readonly<Record<string, readonly string[]>> = {
  EPERM: privilege,
  EACCES: privilege,
  EMFILE: ['Raise the limit of open files: ulimit -n.'],
  ENFILE: ['The host has no file descriptors left: raise fs.file-max.'],
  ENOMEM: ['The host has no memory left for this.'],
  ENOBUFS: ['The host has no buffers left: lower the load, or raise net.core.wmem_max.'],
};

/** The name of an error number, `EPERM`, or the number where it has none. */
export function errorName(native: Pick<Native, 'errors'>, number: number): string {
  for (const [name, value] of Object.entries(native.errors)) if (value === number) return name;
  return `error ${number}`;
}

/** The error of the call that just failed, while doing `what` ("open /dev/net/tun"); `hints` by the name of the error come first. */
export function hostRefused(
  native: Native,
  what: string,
  hints: Readonly<Record<string, readonly string[]>> = {},
): EnvironmentError {
  const name = errorName(native, native.libc.errno());
  return new EnvironmentError(`the host refused to ${what} (${name})`, {
    code: errno(name),
    hints: hints[name] ?? remedies[name] ?? [],
  });
}
