/** Where a daemon of this host keeps its socket, its lock and its log. */
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';

export interface RuntimePlaces {
  readonly folder: string;
  readonly socket: string;
  readonly pidFile: string;
  readonly log: string;
}

/** The folder that was named, or /run/ipsec for root, or one of the user's own. */
export function runtimePlaces(named?: string): RuntimePlaces {
  const folder = path.resolve(named ?? defaultFolder());
  return {
    folder,
    socket: path.join(folder, 'control.sock'),
    pidFile: path.join(folder, 'ipsec.pid'),
    log: path.join(folder, 'ipsec.log'),
  };
}

function defaultFolder(): string {
  if (process.getuid?.() === 0) return '/run/ipsec';
  const { XDG_RUNTIME_DIR } = process.env;
  return XDG_RUNTIME_DIR ? path.join(XDG_RUNTIME_DIR, 'ipsec') : path.join(tmpdir(), `ipsec-${userInfo().uid}`);
}
