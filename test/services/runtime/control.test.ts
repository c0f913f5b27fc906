import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/model/tool-error.js';
import { callDaemon, followDaemon } from '../../../src/services/runtime/control-client.js';
import { createLineSplitter, lineOctetsMax } from '../../../src/services/runtime/control-protocol.js';
import { startControlServer } from '../../../src/services/runtime/control-server.js';
import { livingPid, takePidFile } from '../../../src/services/runtime/pid-file.js';

const folder = mkdtempSync(path.join(tmpdir(), 'ipsec-control-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
async function withServer<T>(run: (file: string, calls: unknown[]) => Promise<T>): Promise<T> {
  count += 1;
  const file = path.join(folder, `run-${count}`, 'control.sock');
  const calls: unknown[] = [];
  const server = await startControlServer(file, {
    async call(method, params) {
      calls.push([method, params]);
      if (method === 'sa.rekey') throw new UsageError('there is no SA', { code: 'NO_SUCH_SA' });
      if (method === 'sa.flush') throw new Error('a bug');
      return { method, big: 2n ** 60n };
    },
    follow(backlog, send) {
      for (let number = 0; number < backlog; number += 1) send({ number });
      return () => calls.push('unfollowed');
    },
  });
  try {
    return await run(file, calls);
  } finally {
    await server.close();
  }
}

/** Sends octets as they are and gives what came back until the server ends, or so many lines have come. */
function raw(file: string, text: string | Uint8Array, lines: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect(file);
    let got = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      got += String(chunk);
      if (got.split('\n').length > lines) socket.destroy();
    });
    socket.on('close', () => resolve(got.split('\n').filter((line) => line !== '')));
    socket.write(text);
  });
}

describe('the control socket', () => {
  it('answers calls, with 64-bit numbers as text', () =>
    withServer(async (file, calls) => {
      expect(await callDaemon(file, 'status', {})).toEqual({ method: 'status', big: '1152921504606846976' });
      expect(calls).toEqual([['status', {}]]);
    }));

  it('is for its owner only', () =>
    withServer(async (file) => {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    }));

  it('refuses a folder that others can enter', async () => {
    const open = path.join(folder, 'open');
    mkdirSync(open);
    chmodSync(open, 0o755);
    const handlers = { call: async () => ({}), follow: () => () => {} };
    await expect(startControlServer(path.join(open, 's'), handlers)).rejects.toThrow('can be entered by others');
  });

  it('gives faults of the call and faults of the daemon their own kinds', () =>
    withServer(async (file) => {
      await expect(callDaemon(file, 'sa.rekey', { sa: 'child:1' })).rejects.toMatchObject({ name: 'UsageError' });
      await expect(callDaemon(file, 'sa.flush', {})).rejects.toMatchObject({
        name: 'EnvironmentError',
        code: 'DAEMON_FAULT',
      });
      await expect(callDaemon(file, 'sa.delete', { sa: 'everything' })).rejects.toMatchObject({ code: 'PARAMETERS' });
    }));

  it('says that no daemon runs', async () => {
    await expect(callDaemon(path.join(folder, 'nobody.sock'), 'status', {})).rejects.toMatchObject({
      name: 'EnvironmentError',
      code: 'NOT_RUNNING',
    });
  });

  it.each([
    ['no JSON', 'hello\n', 'SYNTAX'],
    ['another version', '{"v":2,"id":1,"method":"status"}\n', 'REQUEST'],
    ['no object', '[]\n', 'REQUEST'],
    ['an unknown method', '{"v":1,"id":1,"method":"constructor"}\n', 'UNKNOWN_METHOD'],
    ['parameters too many', '{"v":1,"id":1,"method":"status","params":{"x":1}}\n', 'PARAMETERS'],
    ['octets that are no text', Uint8Array.of(0, 255, 254, 10), 'SYNTAX'],
  ])('answers %s with its fault and goes on', (_name, text, code) =>
    withServer(async (file, calls) => {
      const [line] = await raw(file, text, 1);
      expect(JSON.parse(line!)).toMatchObject({ v: 1, error: { code } });
      expect(calls).toEqual([]);
      expect(await callDaemon(file, 'status', {})).toMatchObject({ method: 'status' });
    }),
  );

  it('follows events until the client has enough', () =>
    withServer(async (file, calls) => {
      const events: unknown[] = [];
      const stop = new AbortController();
      await followDaemon(
        file,
        3,
        (event) => {
          events.push(event);
          if (events.length === 3) stop.abort();
        },
        stop.signal,
      );
      expect(events).toEqual([{ number: 0 }, { number: 1 }, { number: 2 }]);
      await expect.poll(() => calls).toEqual(['unfollowed']);
    }));
});

describe('lines', () => {
  it('are put together from pieces, also within a character', () => {
    const split = createLineSplitter();
    const octets = new TextEncoder().encode('a\u00e9\nb\n\nc');
    const lines = [...octets].flatMap((octet) => split(Uint8Array.of(octet)) ?? ['too long']);
    expect(lines).toEqual(['a\u00e9', 'b']);
  });

  it('end the connection when they are too long', () => {
    const split = createLineSplitter();
    const chunk = new Uint8Array(lineOctetsMax / 2 + 1).fill(0x61);
    expect(split(chunk)).toEqual([]);
    expect(split(chunk)).toBeUndefined();
  });
});

describe('the pid file', () => {
  const file = path.join(folder, 'ipsec.pid');

  it('is a lock that a dead process does not hold', () => {
    writeFileSync(file, '99999999\n');
    expect(livingPid(file)).toBeUndefined();
    const release = takePidFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    release();
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  it.each(['', 'x', '-1', '1e9', '0'])('with %j in it names no process', (text) => {
    writeFileSync(file, text);
    expect(livingPid(file)).toBeUndefined();
    rmSync(file);
  });

  it('of another program is not a daemon', () => {
    writeFileSync(file, '1\n');
    expect(livingPid(file)).toBeUndefined();
    rmSync(file);
  });
});
