/** The text of dry runs on narrow terminals, and without saying anything twice. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { renderNegotiation } from '../../../src/report/negotiation/text.js';
import { displayWidth } from '../../../src/report/width.js';
import { dryRun } from '../../support/dry-run.js';
import { folderWith } from '../../support/folder.js';

const golden = (name: string): string[] =>
  ['a', 'b'].map((letter) => path.join('test', 'golden', 'negotiation', name, `${letter}.conf`));

describe.each(['fault-group-ikev2', 'fault-pfs-ikev1', 'hpux-ranges-and-lists'])('%s', (name) => {
  it.each([40, 60, 80])('fits %i columns but for lines of files', async (width) => {
    const document = await dryRun(golden(name), { detail: 'payloads', initiator: 'A' });
    const lines = [...renderNegotiation(document, { width, allMessages: true, fields: true, verbosity: 2 })];
    for (const line of lines) if (!/^ {6}[-+ ]/.test(line)) expect(displayWidth(line), line).toBeLessThanOrEqual(width);
  });
});

it('what goes on over the line is further in than what begins', async () => {
  const document = await dryRun(golden('fault-group-ikev2'), { initiator: 'A' });
  const text = [...renderNegotiation(document, { width: 60 })];
  const at = text.findIndex((line) => line.startsWith('  ignores a message: '));
  expect(text[at + 1]).toMatch(/^ {4}\S/);
  const mend = text.findIndex((line) => line.startsWith('  - in '));
  expect(text[mend + 1]).toMatch(/^ {6}\S/);
});

it('a connection that is both authentication and IKE policy is named once', async () => {
  const connection = (own: string, peer: string) => `connections {
  gw {
    version = 2
    local_addrs = ${own}
    remote_addrs = ${peer}
    local { auth = psk }
    remote { auth = psk }
    children { net { start_action = trap } }
  }
}
secrets { ike { secret = "Some_Long_Key_With_Entropy_7" } }
`;
  const folder = folderWith({
    'a/swanctl.conf': connection('192.0.2.10', '198.51.100.20'),
    'b/swanctl.conf': connection('198.51.100.20', '192.0.2.10'),
  });
  const files = ['a', 'b'].map((name) => path.join(folder, name, 'swanctl.conf'));
  const document = await dryRun(files, { initiator: 'A', untilMillis: 1000 });
  const text = [...renderNegotiation(document)];
  expect(text).toContain(`                a: connection 'gw' (${files[0]}:2)`);
});

it('the packet that asked for an SA is not listed beside the selectors that hold it', async () => {
  const document = await dryRun(golden('ikev2-gcm'), { initiator: 'A', untilMillis: 1000 });
  for (const { selectors } of document.runs[0]!.chosen.children) expect(selectors.join()).not.toMatch(/port 49152/);
});

it('with errors in the records nothing is called good', async () => {
  const document = await dryRun(golden('ikev2-gcm'), { initiator: 'A', untilMillis: 1000 });
  const problem = { system: 'a', code: 'SYN019', message: 'no', path: 'a.conf', line: 1, column: 1 };
  const text = [...renderNegotiation({ ...document, good: false, problems: [problem] })];
  expect(text).toContain('works, as far as the records can be read');
  expect(text.at(-1)).toBe('a and b: not decided, with 1 error in the records');
});
