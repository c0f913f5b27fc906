/** That the thread which answers an editor is never kept long, whatever is open. No clock is asked: turns of the event loop are. */
import { afterEach, describe, expect, it } from 'vitest';
import { openDocument } from '../../src/lsp/document.js';
import { hoverAt } from '../../src/lsp/hover.js';
import type { Judging } from '../../src/lsp/judging.js';
import { definitionsAt, rename, symbolAt } from '../../src/lsp/names.js';
import { createWorkspace, type Workspace } from '../../src/lsp/workspace.js';
import { randomRecords } from '../support/random-records.js';

const uri = 'untitled:large';
const own = `add tunnel mine -tsource 192.0.2.1 -tdestination 198.51.100.7 -source 192.0.2.0/24 -destination 10.99.0.0/16 -action ESP_AES256_GCM16
add host through -source 192.0.2.0/24 -destination 10.99.0.0/16 -tunnel mine -action PASS
`;
const large = `${own}${randomRecords({ hosts: 10_000 })}`;

const judging: Judging = { judge: async () => undefined, close() {} };
const opened: Workspace[] = [];

function workspace(): Workspace {
  const made = createWorkspace({ onFindings() {}, onTrouble() {} }, { soon: 1e6, later: 1e6 }, judging);
  opened.push(made);
  return made;
}

afterEach(() => {
  for (const each of opened.splice(0)) each.close();
});

/** How many turns the event loop makes until the work is done. */
async function turnsDuring<T>(work: Promise<T>): Promise<{ readonly turns: number; readonly result: T }> {
  let turns = 0;
  let done = false;
  const count = () => {
    turns += 1;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  const result = await work;
  done = true;
  return { turns, result };
}

function put(to: Workspace, version: number, text: string) {
  const document = openDocument(uri, version, text);
  to.put(document);
  return document;
}

describe('a large text', { timeout: 60_000 }, () => {
  it('is loaded in slices, between which other requests are answered', async () => {
    const space = workspace();
    const { turns, result } = await turnsDuring(space.systemOf(put(space, 1, large)));
    expect(result?.system.policies.hosts.length).toBeGreaterThan(9_000);
    expect(turns).toBeGreaterThan(10);
  });

  it('that has changed is answered about at once, from its words and from what was loaded before', async () => {
    const space = workspace();
    await space.systemOf(put(space, 1, large));
    const text = `# a new first line\n${large.replace('-tunnel mine', '-tunnel mine -priority 7')}`;
    const document = put(space, 2, text);
    const { turns, result: system } = await turnsDuring(space.nearSystemOf(document));
    expect(turns).toBeLessThanOrEqual(1);
    expect(system!.isCurrent).toBe(false);

    const at = (words: string) => text.indexOf(words) + words.length - 1;
    const [definition] = definitionsAt(document, at('-tunnel mine'), system!);
    expect(definition!.range.start).toEqual({ line: 1, character: 'add tunnel '.length });
    const edit = rename(symbolAt(document, at('-tunnel mine'), system!)!, 'ours', system!);
    if ('refused' in edit) throw new Error(edit.refused);
    expect(edit.changes![uri]!.map(({ range }) => range.start.line)).toEqual([1, 2]);
    expect(rename(symbolAt(document, at('add tunnel mine'), system!)!, 'gw-0', system!)).toEqual({
      refused: "there is a tunnel record 'gw-0' already",
    });

    const hover = (words: string) => {
      const found = hoverAt(document, at(words), system, []);
      return found ? (found.contents as { value: string }).value : '';
    };
    // The tunnel is as it was read, only further down; the host record was changed, so nothing is said of its values.
    expect(hover('add tunnel mine')).toContain('| -tdestination | 198\\.51.100.7 | written at untitled:large:1 |');
    expect(hover('add host through')).toContain('**host**');
    expect(hover('add host through')).not.toContain('| effective |');
  });

  it('is current again once it was loaded', async () => {
    const space = workspace();
    await space.systemOf(put(space, 1, large));
    const document = put(space, 2, `${large}\n# end\n`);
    await space.systemOf(document);
    const { turns, result } = await turnsDuring(space.nearSystemOf(document));
    expect(turns).toBeLessThanOrEqual(1);
    expect(result!.isCurrent).toBe(true);
  });
});

it('a small text is always answered about as it is now', async () => {
  const space = workspace();
  await space.systemOf(put(space, 1, own));
  const system = await space.nearSystemOf(put(space, 2, `# first\n${own}`));
  expect(system!.isCurrent).toBe(true);
  expect(system!.source.text).toBe(`# first\n${own}`);
});
