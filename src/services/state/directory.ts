/** Where the state of this host is kept: plans, journals and ownership. */
import { homedir } from 'node:os';
import path from 'node:path';
import { UsageError } from '../../model/tool-error.js';

/** The folder that was named, or the one for this user. */
export function stateDirectory(named: string | undefined): string {
  if (named !== undefined) {
    if (named === '') throw new UsageError('--state-dir names no folder');
    return path.resolve(named);
  }
  if (process.getuid?.() === 0) return '/var/lib/ipsec';
  const { XDG_STATE_HOME: base } = process.env;
  return path.join(base?.startsWith('/') ? base : path.join(homedir(), '.local', 'state'), 'ipsec');
}
