/** The daemon's side of the control socket: parses, checks and answers; a bad client is told why and harms nobody else. */
import { chmodSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import path from 'node:path';
import { EnvironmentError, UsageError } from '../../model/tool-error.js';
import { makeFolder } from '../make-folder.js';
import {
  type ControlFault,
  type ControlMethod,
  controlLine,
  controlMethods,
  controlVersion,
  createLineSplitter,
  requestSchema,
} from './control-protocol.js';
import { requirePrivate } from './supervisor.js';

export interface ControlHandlers {
  /** Answers a call whose parameters are checked. */
  call(method: Exclude<ControlMethod, 'follow'>, params: unknown): Promise<unknown>;
  /** Sends events to `send` until the returned function is called. */
  follow(backlog: number, send: (event: unknown) => void): () => void;
}

export interface ControlServer {
  close(): Promise<void>;
}

const connectionsMax = 64;
/** Octets that a slow follower may leave unread before it is cut off. */
const unreadMax = 4 * 1024 * 1024;

/**
 * Listens on a unix socket that only its owner can use. Throws EnvironmentError where another daemon answers there. `descriptor` is
 * one that listens already, which a service manager holds beyond this process; then `file` is not made and stays.
 */
export async function startControlServer(
  file: string,
  handlers: ControlHandlers,
  descriptor?: number,
): Promise<ControlServer> {
  if (descriptor === undefined) {
    const folder = path.dirname(file);
    makeFolder(folder, 0o700);
    refuseOthersFolder(folder);
    // Whoever called made sure by the lock that no daemon lives: what is left is a dead one's.
    rmSync(file, { force: true });
  }
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    if (connections.size >= connectionsMax) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serve(socket, handlers);
  });
  if (descriptor !== undefined) requirePrivate(descriptor);
  await listen(server, file, descriptor);
  if (descriptor === undefined) chmodSync(file, 0o600);
  return {
    async close() {
      for (const socket of connections) socket.end();
      await new Promise<void>((done) => {
        server.close(() => done());
        setTimeout(() => {
          for (const socket of connections) socket.destroy();
        }, 200).unref();
      });
      if (descriptor === undefined) rmSync(file, { force: true });
    },
  };
}

/** In a folder that nobody else can enter the socket is private from its first moment on. */
function refuseOthersFolder(folder: string): void {
  const { mode, uid } = statSync(folder);
  const own = process.getuid?.();
  if ((mode & 0o077) !== 0 || (own !== undefined && uid !== own && uid !== 0)) {
    throw new EnvironmentError(`${folder} can be entered by others`, {
      code: 'UNSAFE_FOLDER',
      hints: [`Make it private: chmod 700 ${folder}`],
    });
  }
}

function listen(server: Server, file: string, descriptor: number | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      reject(
        new EnvironmentError(`the control socket ${file} cannot be opened (${cause.code ?? cause.message})`, { cause }),
      );
    });
    if (descriptor === undefined) server.listen(file, () => resolve());
    else server.listen({ fd: descriptor }, () => resolve());
  });
}

function serve(socket: Socket, handlers: ControlHandlers): void {
  const split = createLineSplitter();
  const unfollow: (() => void)[] = [];
  const send = (value: unknown): void => {
    if (socket.writableLength > unreadMax) socket.destroy();
    else if (socket.writable) socket.write(controlLine(value));
  };
  socket.on('error', () => socket.destroy());
  socket.on('close', () => {
    for (const stop of unfollow) stop();
  });
  socket.on('data', (chunk: Buffer) => {
    const lines = split(chunk);
    if (!lines) {
      send({ v: controlVersion, id: 0, error: fault('TOO_LONG', 'a request is too long') });
      socket.end();
      return;
    }
    for (const line of lines) {
      const request = readRequest(line);
      if ('error' in request) send({ v: controlVersion, id: 0, error: request.error });
      else void answer(request.id, request.method, request.params);
    }
  });

  async function answer(id: number, method: string, given: unknown): Promise<void> {
    if (!Object.hasOwn(controlMethods, method)) {
      send({ v: controlVersion, id, error: fault('UNKNOWN_METHOD', `there is no method '${method}'`) });
      return;
    }
    const checked = controlMethods[method as ControlMethod].safeParse(given ?? {});
    if (!checked.success) {
      const [issue] = checked.error.issues;
      const place = issue?.path.join('.') ?? '';
      send({
        v: controlVersion,
        id,
        error: fault('PARAMETERS', `${place === '' ? method : place}: ${issue?.message}`),
      });
      return;
    }
    try {
      if (method === 'follow') {
        const { backlog = 0 } = checked.data as { backlog?: number };
        send({ v: controlVersion, id, result: {} });
        unfollow.push(handlers.follow(backlog, (event) => send({ v: controlVersion, event })));
        return;
      }
      const result = await handlers.call(method as Exclude<ControlMethod, 'follow'>, checked.data);
      send({ v: controlVersion, id, result: result ?? {} });
    } catch (error) {
      send({ v: controlVersion, id, error: faultOf(error) });
    }
  }
}

function readRequest(
  line: string,
): { readonly id: number; readonly method: string; readonly params?: unknown } | { readonly error: ControlFault } {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { error: fault('SYNTAX', 'a request is one JSON object on a line') };
  }
  const checked = requestSchema.safeParse(value);
  if (checked.success) return checked.data;
  return { error: fault('REQUEST', `a request has v (${controlVersion}), id, method and params`) };
}

function fault(code: string, message: string, hints: readonly string[] = []): ControlFault {
  return { code, message, hints };
}

function faultOf(error: unknown): ControlFault {
  if (error instanceof UsageError || error instanceof EnvironmentError)
    return fault(error.code, error.message, error.hints);
  return fault('INTERNAL', error instanceof Error ? error.message : String(error));
}
