/** An SA whose peer will not have its end yet, and what must not overtake it; and a wall clock that jumps. */
import { afterEach, expect, it, vi } from 'vitest';
import { createNoDataPath } from '../../../src/backends/none/none.js';
import { loadNodeProvider } from '../../../src/engine/crypto/node/load.js';
import type { IkeVersionFactory } from '../../../src/engine/ike-version.js';
import type { EngineInput } from '../../../src/engine/input.js';
import type { EngineOutput } from '../../../src/engine/output.js';
import { peerProfile } from '../../../src/model/peer-profile/catalogue.js';
import { loadLiveCredentials } from '../../../src/services/credentials/live-credentials.js';
import { type LiveSystem, startLiveSystem } from '../../../src/services/runtime/live-system.js';
import { configOf } from '../../backends/support/configs.js';
import { saOf } from '../../backends/userspace/lab/description.js';

afterEach(() => vi.useRealTimers());

const ends = { local: '127.0.0.1', remote: '127.0.0.2' } as const;
const outbound = saOf({
  ...ends,
  direction: 'outbound',
  mode: 'transport',
  spi: 0x1000,
  keySeed: 1,
  encryption: 'AES-GCM-16-128',
});
const id = { direction: 'outbound', protocol: 'ESP', spi: 0x1000, destination: outbound.remote } as const;
const name = { version: 2, serial: 1 } as const;
const child = { ikeSa: name, serial: 1 } as const;

/** An engine that says what the test wants, and hears when its timer was due. */
async function scripted(outputs: (input: EngineInput) => readonly EngineOutput[], dueIn = Number.POSITIVE_INFINITY) {
  const config =
    configOf(`add host net -source 127.0.0.1 -destination 127.0.0.2 -priority 1 -action ESP_AES128_HMAC_SHA1
add ikev2 lab -remote 127.0.0.2 -priority 1 -group 31 -encryption AES128-GCM16 -prf HMAC-SHA2-256
add auth lab -remote 127.0.0.2 -priority 1 -kmp IKEV2 -preshared live-Maple-Quill-31
`);
  const times: number[] = [];
  let due: number | undefined;
  const version: IkeVersionFactory = ({ date }) => ({
    version: 2,
    datagram: () => [],
    request: () => [],
    saInput(input, now) {
      times.push(now);
      due ??= now + dueIn;
      void date(now);
      return outputs(input);
    },
    timeout(now) {
      times.push(now);
      due = undefined;
      return [];
    },
    nextTimeout: () => (due === Number.POSITIVE_INFINITY ? undefined : due),
    hasIkeSa: () => false,
    owns: () => true,
    unknownSpi: () => [],
    ikeSas: () => [],
  });
  const calls: string[] = [];
  const provider = await loadNodeProvider();
  const system: LiveSystem = await startLiveSystem({
    config,
    profile: peerProfile('ours'),
    provider,
    credentials: loadLiveCredentials(config, provider, undefined).credentials,
    versions: [version],
    dataPath: {
      ...createNoDataPath(),
      async install({ direction }) {
        calls.push(`install ${direction}`);
      },
      flush() {
        calls.push('flush');
      },
      async remove({ direction }) {
        calls.push(`remove ${direction}`);
        return true;
      },
    },
    ports: { ike: 0 },
    listener: () => {},
  });
  return { system, calls, times };
}

const install = (settleMillis?: number): EngineOutput => ({
  kind: 'install',
  child,
  sa: outbound,
  ...(settleMillis === undefined ? {} : { settleMillis }),
});
const remove: EngineOutput = { kind: 'remove', sa: id, why: 'the peer has deleted it' };
const wish = (kind: 'delete-ike' | 'rekey-ike'): EngineInput => ({ kind, ikeSa: name });

it('an SA that its peer has not installed yet waits, but never behind its own end', async () => {
  // Longer than any test.
  const { system, calls } = await scripted(({ kind }) => (kind === 'rekey-ike' ? [install(3_600_000)] : [remove]));
  try {
    system.command(wish('rekey-ike'));
    expect(calls).toEqual([]);
    system.command(wish('delete-ike'));
    expect(calls).toEqual(['install outbound', 'remove outbound']);
  } finally {
    await system.stop();
  }
});

it('what still waits is installed when everything that was asked for is to be done, and at the end', async () => {
  const { system, calls } = await scripted(() => [install(3_600_000)]);
  system.command(wish('rekey-ike'));
  await system.settled();
  expect(calls).toEqual(['install outbound']);
  system.command(wish('rekey-ike'));
  await system.stop();
  expect(calls).toEqual(['install outbound', 'install outbound']);
});

it('one that does not wait is installed at once', async () => {
  const { system, calls } = await scripted(() => [install()]);
  system.command(wish('rekey-ike'));
  expect(calls).toEqual(['install outbound']);
  await system.stop();
});

it('what a message lets the peer do finds its SA in place', async () => {
  const { system, calls } = await scripted(() => [
    install(),
    {
      kind: 'transmit',
      local: { address: outbound.local, port: 500 },
      remote: { address: outbound.remote, port: 500 },
      octets: new Uint8Array(28),
      content: { exchange: 'IKE_AUTH', repetition: 0 } as never,
    },
  ]);
  system.command(wish('rekey-ike'));
  expect(calls).toEqual(['install outbound', 'flush']);
  await system.stop();
});

it.each([
  ['forward', 86_400_000],
  ['back', -86_400_000],
])('a wall clock that jumps a day %s neither brings a time on nor puts it off', async (_way, jump) => {
  // The calendar alone: timers and the monotonic clock are the host's.
  vi.useFakeTimers({ toFake: ['Date'] });
  const { system, times } = await scripted(() => [], 200);
  try {
    system.command(wish('rekey-ike'));
    vi.setSystemTime(Date.now() + jump);
    system.command(wish('rekey-ike'));
    // The timer of 200 ms comes although the calendar says that it is yesterday, or was due long ago.
    await vi.waitFor(() => expect(times.length).toBeGreaterThan(2), 30_000);
    const [first, second, due] = times as [number, number, number];
    expect(Math.abs(second - first)).toBeLessThan(Math.abs(jump) / 2);
    expect(due - first).toBeGreaterThanOrEqual(200);
    expect(due - first).toBeLessThan(Math.abs(jump) / 2);
  } finally {
    await system.stop();
  }
});
