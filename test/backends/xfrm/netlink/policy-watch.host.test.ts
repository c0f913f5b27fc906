/** What a kernel tells of policies that others change, while we change thousands ourselves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, Change } from '../../../../src/backends/backend.js';
import { namespacesMissing } from '../../../support/netns.js';
import { type OneNamespace, oneNamespace } from '../../../support/one-namespace.js';

const missing = namespacesMissing();
if (missing) console.warn(`hearing of others' policies is skipped: ${missing}`);

describe.skipIf(missing)('a back end on a real kernel', () => {
  let namespace: OneNamespace;
  let backend: Backend;
  beforeEach(async () => {
    namespace = await oneNamespace();
    backend = await namespace.backend();
  });
  afterEach(() => {
    backend?.close();
    namespace?.remove();
  });
  const others = () =>
    backend.meanwhile?.().map(({ direction, priority, action }) => `${direction} ${priority} ${action}`);

  it('hears of what others make and replace, once, and not of what was there when it looked', async () => {
    const name = 'src 10.0.0.1 dst 10.0.0.2 dir out';
    namespace.shell(`ip xfrm policy add ${name} priority 5`);
    await backend.read();
    expect(others()).toEqual([]);
    namespace.shell(`ip xfrm policy update ${name} priority 6 action block`);
    namespace.shell(`ip xfrm policy delete ${name}; ip xfrm policy add ${name} priority 7`);
    expect(others()).toEqual(['out 6 block', 'out 7 allow']);
    expect(others()).toEqual([]);
  });

  it('does not hear itself, whatever it does', async () => {
    namespace.shell('ip xfrm policy add src 10.0.0.1 dst 10.0.0.2 dir out');
    const [pattern] = (await backend.read()).policies;
    const count = 20_000;
    const changes = Array.from({ length: count }, (_, at): Change => {
      const selector = { ...pattern!.selector, destination: 0x0b00_0000 + at };
      return { object: 'policy', kind: 'create', after: { ...pattern!, selector, index: 0 } };
    });
    namespace.shell('ip xfrm policy update src 10.0.0.1 dst 10.0.0.2 dir out priority 8');
    expect(await backend.execute(changes)).toEqual({ done: count });
    namespace.shell('ip xfrm policy update src 10.0.0.1 dst 10.0.0.2 dir out priority 9');
    // Theirs is not lost among so many of ours.
    expect(others()).toEqual(['out 8 allow', 'out 9 allow']);
  });
});
