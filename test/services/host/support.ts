/** Sessions with a kernel in memory, for tests of what changes a host. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import type { Backend } from '../../../src/backends/backend.js';
import { createFakeKernel, type FakeKernel, type FakeOptions } from '../../../src/backends/fake/fake-kernel.js';
import { type HostState, policyKey, saKey } from '../../../src/model/host-state.js';
import { applyPlan } from '../../../src/services/apply.js';
import { type HostSession, openSession } from '../../../src/services/host-session.js';
import { type PlannedHost, planHost } from '../../../src/services/plan.js';
import type { Control, Outcome } from '../../../src/services/transaction.js';
import { folderWith } from '../../support/folder.js';

export const key32 = '0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
export const key16 = '0x000102030405060708090a0b0c0d0e0f';
export const otherKey16 = '0xf0e0d0c0b0a090807060504030201000';

/** Records of three states that add, change and remove policies and SAs of every kind. */
export const texts = {
  small: `add host ssh -source 10.0.0.1 -destination 10.9.0.0/16/22 -protocol TCP -priority 10 -action PASS
add host all -source 10.0.0.1 -destination 10.0.0.0/8 -priority 30 -action DISCARD
`,
  large: `add host ssh -source 10.0.0.1 -destination 10.9.0.0/16/22 -protocol TCP -priority 10 -action PASS
add host manual -source 10.0.0.1 -destination 10.0.0.2 -priority 15 -action ESP_AES128_HMAC_SHA2_256 \\
  -in ESP/2500101/${key32}/${key16} -out ESP/2500202/${key32}/${key16}
add host web -source 10.0.0.1/32/1024-4095 -destination 10.2.0.0/16 -protocol TCP -priority 20 -action DISCARD
add host v6 -source 2001:db8::1 -destination 2001:db8:2::/48 -priority 25 -action DISCARD
`,
  changed: `add host ssh -source 10.0.0.1 -destination 10.9.0.0/16/22 -protocol TCP -priority 40 -action PASS
add host manual -source 10.0.0.1 -destination 10.0.0.2 -priority 15 -action ESP_AES128_HMAC_SHA2_256 \\
  -in ESP/2500101/${key32}/${otherKey16} -out ESP/2500203/${key32}/${key16}
add host web -source 10.0.0.1/32/1024-4095 -destination 10.2.0.0/16 -protocol TCP -priority 20 -action PASS
add host all -source 10.0.0.1 -destination 10.0.0.0/8 -priority 30 -action DISCARD
`,
} as const;

export interface Bench {
  readonly folder: string;
  readonly kernel: FakeKernel;
  /** Opens, acts, closes. */
  with<T>(action: (session: HostSession) => Promise<T>): Promise<T>;
  plan(text: string, session: HostSession): Promise<PlannedHost>;
  apply(text: string, control?: Control): Promise<Outcome>;
  /** Applies on another back end of the same host. */
  applyOn(backend: Backend, text: string): Promise<Outcome>;
  /** Opens on another back end of the same host, acts, closes. */
  on<T>(backend: Backend, action: (session: HostSession) => Promise<T>): Promise<T>;
}

/** In memory where that can be had: what is durable is not what these tests are about, and disks are slow to say so. */
function memoryFolder(): string {
  if (!existsSync('/dev/shm')) return folderWith({});
  const folder = mkdtempSync('/dev/shm/ipsec-test-');
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A host with an empty state directory. */
export function bench(options: FakeOptions = {}): Bench {
  const folder = memoryFolder();
  const kernel = createFakeKernel(options);
  const made: Bench = {
    folder,
    kernel,
    with: (action) => made.on(kernel, action),
    async on(backend, action) {
      const session = await openSession({ stateDir: `${folder}/state`, backend, lockMillis: 1000 });
      try {
        return await action(session);
      } finally {
        session.close();
      }
    },
    async plan(text, session) {
      const records = folderWith({ 'host.conf': text });
      const planned = await planHost(session, { paths: [`${records}/host.conf`] });
      if (planned.kind !== 'planned') throw new Error(planned.problems.map(({ message }) => message).join('\n'));
      return planned;
    },
    apply: (text, control) =>
      made.with(async (session) => applyPlan(session, await made.plan(text, session), '0', control)),
    applyOn: (backend, text) =>
      made.on(backend, async (session) => applyPlan(session, await made.plan(text, session), '0')),
  };
  onTestFinished(() => kernel.close());
  return made;
}

/** A back end whose program dies before the step, counted from the first that it is asked for; steps already done stay. */
export function dyingBefore(kernel: Backend, step: number): Backend {
  let steps = 0;
  return {
    ...kernel,
    async execute(changes) {
      for (const [done, change] of changes.entries()) {
        if (steps === step) throw new Error('died');
        steps += 1;
        const { failure } = await kernel.execute([change]);
        if (failure) return { done, failure };
      }
      if (steps === step) throw new Error('died');
      return { done: changes.length };
    },
  };
}

/** A state as texts that compare: what the kernel counts and the names of records do not matter, keys do. */
export function picture({ policies, sas }: HostState): readonly string[] {
  const plain = (value: unknown) => JSON.stringify(value, plainly);
  return [
    ...policies.map((policy) => `${policyKey(policy)} ${plain(policy)}`),
    ...sas.map((sa) => {
      const keys = [sa.encryption, sa.authentication].map((of) => of && Buffer.from(of.key.reveal()).toString('hex'));
      return `${saKey(sa)} ${plain(sa)} ${keys.join(' ')}`;
    }),
  ].sort();
}

/** Pictures of states: the kernel may give an entry that comes back another index. */
export function withoutIndex(pictures: readonly string[]): readonly string[] {
  return pictures.map((each) => each.replace(/"index":\d+/, '"index":0'));
}

/** Fields in one order, without those that do not count. */
function plainly(name: string, value: unknown): unknown {
  if (name === 'usage' || name === 'record') return undefined;
  if (typeof value === 'bigint') return value.toString();
  const isPlain = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
  return isPlain ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;
}
