/** The commands' side of the control socket. */
import { connect, type Socket } from 'node:net';
import { type CodesOf, errorCatalogue, isErrorCode } from '../../model/error-catalogue.js';
import { EnvironmentError, errno, UsageError } from '../../model/tool-error.js';
import {
  type ControlMethod,
  type ControlParams,
  type ControlReply,
  controlLine,
  controlVersion,
  createLineSplitter,
} from './control-protocol.js';

/** Milliseconds until an answer must have come; a stop waits for peers and for the data path. */
const answerMillis = 30_000;

/** Calls the daemon. Throws EnvironmentError where none runs, and what the daemon answered as the error that it is. */
export async function callDaemon<M extends Exclude<ControlMethod, 'follow'>>(
  file: string,
  method: M,
  params: ControlParams<M>,
): Promise<unknown> {
  const socket = await open(file);
  try {
    return await new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new EnvironmentError(`the daemon at ${file} does not answer`, { code: 'NO_ANSWER' })),
        answerMillis,
      );
      timer.unref();
      readReplies(socket, (reply) => {
        if ('event' in reply) return;
        clearTimeout(timer);
        if ('error' in reply) reject(asError(reply.error));
        else resolve(reply.result);
      });
      socket.once('close', () =>
        reject(new EnvironmentError(`the daemon at ${file} closed the connection`, { code: 'CLOSED' })),
      );
      socket.write(controlLine({ v: controlVersion, id: 1, method, params }));
    });
  } finally {
    socket.destroy();
  }
}

/** Follows the daemon's events until the daemon ends or `signal` is raised. */
export async function followDaemon(
  file: string,
  backlog: number,
  listener: (event: unknown) => void,
  signal?: AbortSignal,
): Promise<void> {
  const socket = await open(file);
  await new Promise<void>((resolve, reject) => {
    readReplies(socket, (reply) => {
      if ('event' in reply) listener(reply.event);
      else if ('error' in reply) reject(asError(reply.error));
    });
    socket.once('close', () => resolve());
    signal?.addEventListener('abort', () => socket.destroy(), { once: true });
    socket.write(controlLine({ v: controlVersion, id: 1, method: 'follow', params: { backlog } }));
  });
}

/** Does a daemon answer there? */
export async function daemonAnswers(file: string): Promise<boolean> {
  try {
    await callDaemon(file, 'status', {});
    return true;
  } catch {
    return false;
  }
}

function open(file: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(file);
    socket.once('error', (cause: NodeJS.ErrnoException) => {
      if (cause.code === 'EACCES') {
        reject(
          new EnvironmentError(`no permission to use ${file}`, {
            code: 'PRIVILEGE',
            cause,
            hints: ['Run the command as the user who started the daemon, as a rule root.'],
          }),
        );
        return;
      }
      reject(
        new EnvironmentError(`no daemon runs here (${file})`, {
          code: 'NOT_RUNNING',
          cause,
          hints: ['Start it with: ipsec runtime start. Another folder is named with --run-dir.'],
        }),
      );
    });
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      socket.on('error', () => socket.destroy());
      resolve(socket);
    });
  });
}

function readReplies(socket: Socket, listener: (reply: ControlReply) => void): void {
  const split = createLineSplitter();
  socket.on('data', (chunk: Buffer) => {
    const lines = split(chunk);
    if (!lines) {
      socket.destroy();
      return;
    }
    for (const line of lines) listener(JSON.parse(line) as ControlReply);
  });
}

function asError({ code, message, hints }: { code: string; message: string; hints: readonly string[] }): Error {
  if (code === 'INTERNAL') return new EnvironmentError(message, { code: 'DAEMON_FAULT', hints });
  // A daemon of another version may know codes that this program does not.
  if (isErrorCode(code)) {
    const { exit } = errorCatalogue[code];
    if (exit === 2) return new UsageError(message, { code: code as CodesOf<2>, hints });
    if (exit === 4) return new EnvironmentError(message, { code: code as CodesOf<4>, hints });
  }
  return new EnvironmentError(message, { code: errno(code), hints });
}
