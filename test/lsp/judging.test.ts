import { describe, expect, it } from 'vitest';
import { answer, type FromJudge, type JudgeTask, judge, pack, unpack } from '../../src/lsp/judge.js';
import { type JudgeThread, judgingOn } from '../../src/lsp/judging.js';
import { folderWith } from '../support/folder.js';

const none = new Map<string, string>();
const document = (path: string, text = ''): JudgeTask => ({
  kind: 'document',
  document: { path, text },
  overlay: none,
});
const repository = (root: string): JudgeTask => ({ kind: 'repository', root, overlay: none });

const shadowed = `add host all -source 192.0.2.1 -destination 10.0.0.0/8 -priority 10 -action PASS
add host some -source 192.0.2.1 -destination 10.1.0.0/16 -priority 20 -action DISCARD
`;

it('findings pass between threads as they are, with their places and fixes', async () => {
  const found = await judge(document('untitled:a', shadowed));
  const findings = found!.findings.get('untitled:a')!;
  expect(findings.map(({ code }) => code)).toContain('SHD001');
  expect(findings.some(({ related }) => related.length > 0)).toBe(true);
  expect(findings.some(({ fixes }) => fixes.length > 0)).toBe(true);
  const again = unpack(structuredClone(pack(found!)));
  expect(again).toEqual(found);
  // One text for all, so that findings can be told to be of one.
  expect(new Set(again.findings.get('untitled:a')!.map(({ at }) => at.source)).size).toBe(1);
});

it('a file of a repository is judged by itself, and all of it together', async () => {
  const folder = folderWith({
    'hosts/a/policy.conf': shadowed,
    'hosts/b/policy.conf': '',
    'ipsec.config.yaml': 'version: 1\n',
  });
  const file = `${folder}/hosts/a/policy.conf`;
  const overlay = new Map([[file, 'add host all -action PSAS\n']]);
  const one = await judge({ kind: 'document', document: { file, path: file, text: '' }, overlay });
  expect([one?.root, [...one!.findings.keys()]]).toEqual([folder, [file]]);
  const codes = [...one!.findings.values()].flat().map(({ code }) => code);
  expect(codes).not.toContain('SHD001');
  expect(codes.some((code) => code.startsWith('SYN'))).toBe(true);
  const all = await judge(repository(folder));
  expect([...all!.findings.keys()].sort()).toEqual([file, `${folder}/hosts/b/policy.conf`]);
});

it('a configuration that cannot be read is an answer', async () => {
  const folder = folderWith({ 'a.conf': '', 'ipsec.config.yaml': 'version: [\n' });
  expect(await answer(repository(folder))).toMatchObject({
    isUsage: true,
    failed: expect.stringContaining('ipsec.config'),
  });
});

/** Threads that answer when they are told. */
function threads() {
  const started: { tasks: JudgeTask[]; ended: boolean; answer(from: FromJudge): void }[] = [];
  const start = (): JudgeThread => {
    let take: (from: FromJudge) => void = () => {};
    const thread = { tasks: [] as JudgeTask[], ended: false, answer: (from: FromJudge) => take(from) };
    started.push(thread);
    return {
      postMessage: (task) => void thread.tasks.push(task),
      onAnswer(taker) {
        take = taker;
      },
      end() {
        thread.ended = true;
      },
    };
  };
  return { started, start };
}

const nothing: FromJudge = { judged: { texts: [], findings: [] } };

describe('what is judged when', () => {
  it('one task after the other, documents first', async () => {
    const { started, start } = threads();
    const { judge: ask } = judgingOn(start);
    const asked = [document('a'), repository('/r'), document('b')].map(ask);
    expect(started.length).toBe(1);
    for (let each = 0; each < 3; each += 1) started[0]!.answer(nothing);
    expect(started[0]!.tasks).toEqual([document('a'), document('b'), repository('/r')]);
    expect((await Promise.all(asked)).every((judgement) => judgement?.findings.size === 0)).toBe(true);
  });

  it('of a text that changes, only what is being judged and the newest', async () => {
    const { started, start } = threads();
    const { judge: ask } = judgingOn(start);
    const asked = [document('a', '1'), document('a', '2'), document('a', '3')].map(ask);
    started[0]!.answer(nothing);
    started[0]!.answer(nothing);
    expect(started[0]!.tasks).toEqual([document('a', '1'), document('a', '3')]);
    expect((await Promise.all(asked)).map((judgement) => judgement !== undefined)).toEqual([true, false, true]);
  });

  it('a repository is cut off by a document, and begins anew behind it', async () => {
    const { started, start } = threads();
    const { judge: ask } = judgingOn(start);
    const whole = ask(repository('/r'));
    const one = ask(document('a'));
    expect(started.map(({ ended }) => ended)).toEqual([true, false]);
    // What the ended thread had under way counts no more.
    started[0]!.answer({ failed: 'late', isUsage: false });
    started[1]!.answer(nothing);
    started[1]!.answer(nothing);
    expect(started[1]!.tasks).toEqual([document('a'), repository('/r')]);
    expect([await one, await whole].every((judgement) => judgement !== undefined)).toBe(true);
  });

  it('after a fault on a thread of its own', async () => {
    const { started, start } = threads();
    const { judge: ask } = judgingOn(start);
    const first = ask(document('a'));
    const second = ask(document('b'));
    started[0]!.answer({ failed: 'out of memory', isUsage: false });
    await expect(first).rejects.toThrow('out of memory');
    started[1]!.answer(nothing);
    expect(await second).toBeDefined();
  });

  it('nothing, once it is closed', async () => {
    const { started, start } = threads();
    const { judge: ask, close } = judgingOn(start);
    const asked = [ask(document('a')), ask(document('b'))];
    close();
    expect(await Promise.all(asked)).toEqual([undefined, undefined]);
    expect(started[0]!.ended).toBe(true);
  });
});
