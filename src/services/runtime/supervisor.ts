/**
 * The service manager that started this process, as systemd speaks with its services: it hands over listening sockets (sd_listen_fds(3)) and
 * hears when the service is ready, stops, or is still alive (sd_notify(3)). Without one nothing here does anything.
 */
import { fstatSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { EnvironmentError } from '../../model/tool-error.js';

type Variables = Readonly<Record<string, string | undefined>>;

export interface Supervisor {
  /** The descriptor of the control socket, which listens already; absent where none was handed over. */
  readonly controlSocket?: number;
  /** `READY=1` and the like. Where it cannot be said, nothing happens: the manager finds out by itself. */
  notify(state: string): Promise<void>;
  /** How often the manager wants to hear that all is well, in milliseconds; absent: it does not. */
  readonly watchdogMillis?: number;
}

/** The first descriptor that is handed over (SD_LISTEN_FDS_START). */
const firstDescriptor = 3;
const afUnix = 1;
/** Not to be had by programs that are started from here. */
const datagramCloexec = 2 | 0o2000000;
/** `sockaddr_un.sun_path`. */
const pathOctetsMax = 108;

/** Reads what the environment says of it. Throws EnvironmentError for a socket that is not what it should be. */
export function supervisorOf(variables: Variables, pid: number): Supervisor {
  const controlSocket = inheritedSocket(variables, pid);
  const watchdogMillis = watchdogOf(variables, pid);
  const place = variables.NOTIFY_SOCKET;
  return {
    ...(controlSocket === undefined ? {} : { controlSocket }),
    notify: place ? (state) => tell(place, state) : async () => {},
    ...(watchdogMillis === undefined ? {} : { watchdogMillis }),
  };
}

/** LISTEN_PID says for whom the descriptors are: they may be in the environment of a child that was not meant. */
function inheritedSocket({ LISTEN_PID, LISTEN_FDS }: Variables, pid: number): number | undefined {
  const count = Number(LISTEN_FDS ?? 0);
  if (Number(LISTEN_PID) !== pid || count === 0) return undefined;
  if (count !== 1) {
    throw new EnvironmentError(
      `the service manager hands over ${LISTEN_FDS} sockets, where one is known: for control`,
      {
        code: 'SOCKETS',
        hints: ['Leave one ListenStream= in the socket unit.'],
      },
    );
  }
  let isSocket = false;
  try {
    isSocket = fstatSync(firstDescriptor).isSocket();
  } catch {
    // Told below.
  }
  if (!isSocket) throw new EnvironmentError('what the service manager hands over is no socket', { code: 'SOCKETS' });
  return firstDescriptor;
}

/** Throws EnvironmentError where others than its owner can use a unix socket that somebody else has made. */
export function requirePrivate(descriptor: number): void {
  const file = pathOf(descriptor);
  if (file === undefined) return;
  const { mode, uid } = statSync(file);
  const own = process.getuid?.();
  if ((mode & 0o077) === 0 && (own === undefined || uid === own || uid === 0)) return;
  throw new EnvironmentError(`${file} can be used by others`, {
    code: 'UNSAFE_SOCKET',
    hints: ['Write SocketMode=0600 in its socket unit.'],
  });
}

/** Where a unix socket is, by the kernel's list; undefined where that does not tell. */
function pathOf(descriptor: number): string | undefined {
  const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${descriptor}`))?.[1];
  for (const line of readFileSync('/proc/net/unix', 'utf8').split('\n')) {
    const [, found, file] = /^(?:\S+\s+){6}(\d+) (\/.*)$/.exec(line) ?? [];
    if (found !== undefined && found === inode) return file;
  }
  return undefined;
}

function watchdogOf({ WATCHDOG_USEC, WATCHDOG_PID }: Variables, pid: number): number | undefined {
  const micros = Number(WATCHDOG_USEC);
  if (!Number.isFinite(micros) || micros <= 0) return undefined;
  return WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid ? micros / 1000 : undefined;
}

/** One datagram to a unix socket; a leading @ is a name of the abstract kind. */
async function tell(place: string, state: string): Promise<void> {
  const name = Buffer.from(place.replace(/^@/, '\0'));
  if (name.length > pathOctetsMax) return;
  const { libc } = await import('../../backends/system/libc.js');
  const calls = await libc().catch(() => undefined);
  if (!calls) return;
  const address = Buffer.alloc(2 + name.length + (place.startsWith('@') ? 0 : 1));
  address.writeUInt16LE(afUnix);
  name.copy(address, 2);
  const descriptor = calls.socket(afUnix, datagramCloexec, 0);
  if (descriptor < 0) return;
  const text = Buffer.from(state);
  if (calls.connect(descriptor, address, address.length) === 0) calls.send(descriptor, text, text.length, 0);
  calls.close(descriptor);
}
