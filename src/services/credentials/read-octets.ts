/** Reads the octets of a file that a record names: a regular file of reasonable size, or why not. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

export type ReadOctets =
  | { readonly kind: 'octets'; readonly octets: Uint8Array }
  | { readonly kind: 'absent' }
  | { readonly kind: 'fault'; readonly reason: string };

export type FileReader = (file: string) => ReadOctets;

/** Octets; the longest revocation list that is read has as many. */
export const credentialLengthMax = 32 << 20;

/** The octets of a file, or a fact about it. */
export const readOctets: FileReader = (file) => {
  let descriptor: number | undefined;
  try {
    // Without O_NONBLOCK a named pipe would keep us waiting for somebody to write into it.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = fstatSync(descriptor);
    if (!status.isFile()) return { kind: 'fault', reason: 'it is not a regular file' };
    if (status.size > credentialLengthMax)
      return { kind: 'fault', reason: `it has ${status.size} octets; at most ${credentialLengthMax} are read` };
    return { kind: 'octets', octets: readFileSync(descriptor) };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { kind: 'absent' };
    return { kind: 'fault', reason: code === 'EACCES' ? 'permission denied' : (code ?? message) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
};
