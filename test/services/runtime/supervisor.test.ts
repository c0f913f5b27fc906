/** Under a service manager as systemd is one: sockets that it hands over, and what it hears. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { libc } from '../../../src/backends/system/libc.js';
import { callDaemon } from '../../../src/services/runtime/control-client.js';
import { supervisorOf } from '../../../src/services/runtime/supervisor.js';
import { builtProgram, finish } from '../../support/cli.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-service-'));
afterAll(() => rmSync(folder, { recursive: true }));

const records = path.join(folder, 'host.conf');
writeFileSync(
  records,
  `add host net -source 127.0.0.1 -destination 127.0.0.2 -priority 1 -action ESP_AES128_HMAC_SHA1
add ikev2 lab -remote 127.0.0.2 -priority 1 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256
add auth lab -remote 127.0.0.2 -priority 1 -kmp IKEV2 -preshared service-Maple-Quill-31
`,
  { mode: 0o600 },
);

let program = '';
beforeAll(async () => {
  program = path.join(await builtProgram(), 'bin', 'run.js');
}, 120_000);

let count = 0;

interface Service {
  readonly child: ChildProcess;
  readonly runDir: string;
  readonly socket: string;
  readonly ended: ReturnType<typeof finish>;
}

interface ServiceOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly mode?: number;
  /** What the service is given as descriptor 3 instead of a listening socket. */
  readonly descriptor?: number;
  readonly isForAnother?: boolean;
}

/** Starts the daemon as systemd does: the socket listens before, and LISTEN_PID is the process that the daemon becomes. */
async function service({
  env = {},
  mode = 0o600,
  descriptor,
  isForAnother = false,
}: ServiceOptions = {}): Promise<Service> {
  count += 1;
  const runDir = path.join(folder, `run-${count}`);
  const socket = path.join(folder, `held-${count}.sock`);
  const held = await listening(socket);
  chmodSync(socket, mode);
  const port = 14_000 + ((process.pid * 61 + count * 17) % 6_000);
  const words = ['runtime', 'run', records, '--data-path', 'none', '--run-dir', runDir, '--port', `${port}`];
  const pid = isForAnother ? '1' : '$$';
  const child = spawn(
    'sh',
    [
      '-c',
      `LISTEN_PID=${pid} LISTEN_FDS=1 exec "$@"`,
      'sh',
      process.execPath,
      program,
      ...words,
      '--nat-port',
      `${port + 1}`,
    ],
    { stdio: ['ignore', 'pipe', 'pipe', descriptor ?? held], env: { PATH: process.env.PATH, HOME: folder, ...env } },
  );
  const ended = finish(child, 60_000);
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
    (await libc()).close(held);
  });
  return { child, runDir, socket, ended };
}

function unixAddress(place: string): Buffer {
  const name = Buffer.from(`${place.replace(/^@/, '\0')}${place.startsWith('@') ? '' : '\0'}`);
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(1);
  name.copy(address, 2);
  return address;
}

/** A socket that listens and that nobody here accepts from, unlike one of Node's. */
async function listening(place: string): Promise<number> {
  const calls = await libc();
  const listen: (descriptor: number, backlog: number) => number = koffi.load(null).func('int listen(int, int)');
  const descriptor = calls.socket(1, 1, 0);
  const address = unixAddress(place);
  if (calls.bind(descriptor, address, address.length) < 0 || listen(descriptor, 16) < 0)
    throw new Error(calls.nameOf(calls.errno()));
  return descriptor;
}

/** A datagram socket at a path, as the service manager has one. */
async function listener(place: string): Promise<{ heard(): readonly string[]; close(): void }> {
  const calls = await libc();
  const address = unixAddress(place);
  const nonblock = 0o4000;
  const descriptor = calls.socket(1, 2 | nonblock, 0);
  if (calls.bind(descriptor, address, address.length) < 0) throw new Error(calls.nameOf(calls.errno()));
  const buffer = new Uint8Array(4096);
  const said: string[] = [];
  return {
    heard() {
      for (;;) {
        const length = calls.recv(descriptor, buffer, buffer.length, 0);
        if (length < 0) return said;
        said.push(Buffer.from(buffer.subarray(0, length)).toString());
      }
    },
    close: () => void calls.close(descriptor),
  };
}

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo(); tries += 1) {
    if (tries > 600) throw new Error('it does not happen');
    await sleep(50);
  }
}

describe('a socket that is handed over', () => {
  it('answers who waited at it before the daemon was up, and stays when the daemon goes', async () => {
    const { socket, runDir, ended } = await service();
    expect(await callDaemon(socket, 'status', {})).toMatchObject({ dataPath: 'none' });
    expect(existsSync(path.join(runDir, 'control.sock'))).toBe(false);
    await callDaemon(socket, 'stop', {});
    expect((await ended).code).toBe(0);
    expect(existsSync(socket)).toBe(true);
  });

  it('is refused when others can use it', async () => {
    const { ended } = await service({ mode: 0o666 });
    expect(await ended).toMatchObject({ code: 4, stderr: expect.stringContaining('SocketMode=0600') });
  });

  it('is refused when it is none', async () => {
    const { ended } = await service({ descriptor: 0 });
    expect(await ended).toMatchObject({ code: 4, stderr: expect.stringContaining('no socket') });
  });

  it('is left alone when it is for another process', async () => {
    const { runDir } = await service({ isForAnother: true });
    const own = path.join(runDir, 'control.sock');
    await until(() => existsSync(own));
    await until(() => existsSync(own) && existsSync(path.join(runDir, 'ipsec.pid')));
    expect(await callDaemon(own, 'status', {})).toMatchObject({ dataPath: 'none' });
  });
});

describe('the service manager hears', () => {
  it.each([
    ['a path', () => path.join(folder, `notify-${count}.sock`)],
    ['an abstract name', () => `@ipsec-test-${process.pid}-${count}`],
  ])('when the daemon is ready, alive and about to stop, at %s', async (_name, place) => {
    const where = place();
    const manager = await listener(where);
    try {
      const { child, ended } = await service({ env: { NOTIFY_SOCKET: where, WATCHDOG_USEC: '200000' } });
      await until(() => manager.heard().filter((text) => text === 'WATCHDOG=1').length >= 2);
      expect(manager.heard()[0]).toMatch(/^READY=1\nSTATUS=host speaks IKE\n$/);
      child.kill('SIGTERM');
      expect((await ended).code).toBe(130);
      expect(manager.heard()).toContain('STOPPING=1');
    } finally {
      manager.close();
    }
  });
});

describe('without a service manager', () => {
  it('nothing is known and nothing is said', async () => {
    const supervisor = supervisorOf({ LISTEN_PID: '1', LISTEN_FDS: '1', WATCHDOG_USEC: '1000', WATCHDOG_PID: '1' }, 2);
    expect(supervisor).toEqual({ notify: expect.any(Function) });
    await supervisor.notify('READY=1');
  });

  it('more than one socket is refused', () => {
    expect(() => supervisorOf({ LISTEN_PID: '7', LISTEN_FDS: '2' }, 7)).toThrow('hands over 2 sockets');
  });
});
